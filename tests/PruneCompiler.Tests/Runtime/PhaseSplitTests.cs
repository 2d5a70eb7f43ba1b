using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class PhaseSplitTests
{
    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(7, 2, 2)]
    [InlineData(8, 2, 1)]
    [InlineData(33, 2, 2)]
    [InlineData(64, 2, 2)]
    [InlineData(71, 2, 1)]
    [InlineData(29, 3, 3)]
    [InlineData(30, 4, 2)]
    public void EachPhaseHoldsItsColumnsAndZerosBehind(int width, int stride, int phases)
    {
        const int Images = 2, Rows = 3, Channels = 2, Untouched = -1;
        int length = ((width + stride - 1) / stride) + 5;
        var input = Enumerable.Range(1, Images * Rows * Channels * width).Select(i => (float)i).ToArray();
        var output = Enumerable.Repeat((float)Untouched, (Images * Rows * Channels * phases * length) + 1).ToArray();
        fixed (float* from = input, to = output)
        {
            PhaseSplit.Run(Images, Rows, Channels, width, stride, phases, from, Rows * Channels * width, Channels * width, width, to, Rows * Channels * phases * length, Channels * phases * length, phases * length, length, length);
        }

        Assert.Equal(Untouched, output[^1]);
        for (int line = 0; line < Images * Rows * Channels; line++)
        {
            for (int p = 0; p < phases; p++)
            {
                for (int j = 0; j < length; j++)
                {
                    int column = (j * stride) + p;
                    Assert.Equal(column < width ? input[(line * width) + column] : 0, output[(((line * phases) + p) * length) + j]);
                }
            }
        }
    }

    [Theory]
    [InlineData(3, 1, 2)]
    [InlineData(7, 3, 2)]
    [InlineData(5, 2, 3)]
    public void TapsOfAStridedKernelAddressTheSameColumnsThroughPhases(int kernel, int pad, int stride)
    {
        const int PhaseStride = 1000;
        int[] offsets = TapTable.Offsets([0], (1, 1, kernel), (1, 1, 1), (0, 0, pad), 0, 0, stride, PhaseStride);
        for (int kx = 0; kx < kernel; kx++)
        {
            for (int x = 0; x < 10; x++)
            {
                int at = offsets[kx] + x + 100, phase = at / PhaseStride, column = (((at % PhaseStride) - 100) * stride) + phase;
                Assert.Equal((x * stride) + kx - pad, column);
            }
        }
    }
}
