using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class PanelCopyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(33, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(9, 2)]
    [InlineData(16, 2)]
    [InlineData(31, 2)]
    [InlineData(32, 2)]
    [InlineData(63, 2)]
    [InlineData(90, 2)]
    [InlineData(14, 7)]
    public void Every_slot_holds_its_phase_and_zeros_behind(int width, int stride)
    {
        const int Channels = 3, Gap = 2, Untouched = -1;
        int height = (2 * stride) + 1;
        int[] all = [.. Enumerable.Range(0, stride * stride).SelectMany(s => new[] { s / stride, s % stride })];

        // All phases; one alone; odd ones whose neighbour in the list is of another row.
        foreach (int[] phases in new[] { all, [0, 0], [stride - 1, stride - 1], [0, stride - 1, stride - 1, 0] })
        {
            int slots = phases.Length / 2, rows = ((height + stride - 1) / stride) + 1, columns = (width + stride - 1) / stride, row = columns + 11, tail = 5;
            int plane = rows * row, channelsOut = Channels * slots;
            float[] x = [.. Enumerable.Range(1, Channels * height * (width + Gap)).Select(i => (float)i)];
            float[] y = [.. Enumerable.Repeat((float)Untouched, (channelsOut * (plane + tail)) + 1)];
            fixed (float* from = x, to = y)
            {
                PanelCopy.Run(from, to, 1, Channels, [1, height, width], rows, 0, rows, row, tail, [0, height * (width + Gap), 0, width + Gap], [0, plane + tail, 0, row], stride, stride, phases);
            }

            Assert.Equal(Untouched, y[^1]);
            for (int i = 0; i < channelsOut * (plane + tail); i++)
            {
                int channel = i / (plane + tail), at = i % (plane + tail), slot = channel % slots, c = channel / slots;
                int sourceY = (at / row * stride) + phases[2 * slot], sourceX = (at % row * stride) + phases[(2 * slot) + 1];
                bool isPixel = at < plane && sourceY < height && sourceX < width;
                Assert.Equal(isPixel ? x[(c * height * (width + Gap)) + (sourceY * (width + Gap)) + sourceX] : 0, y[i]);
            }
        }
    }
}
