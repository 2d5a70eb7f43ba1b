using System.Runtime.InteropServices;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Runtime;

namespace PruneCompiler.Benchmarks.Runtime;

/// <summary>Convolution kernels on the layer shapes of ResNet-50, as a share of the multiply-add peak measured in the same run.</summary>
internal static unsafe class Convolution
{
    // name, input channels, height and width, output channels, kernel, layout
    private static readonly (string Name, int C, int Size, int O, int K, bool Flat)[] Layers =
    [
        ("56x56 1x1 64-256", 64, 56, 256, 1, false),
        ("56x56 1x1 256-64", 256, 56, 64, 1, false),
        ("56x56 3x3 64-64", 64, 56, 64, 3, false),
        ("28x28 1x1 512-128", 512, 28, 128, 1, false),
        ("28x28 3x3 128-128", 128, 28, 128, 3, false),
        ("14x14 1x1 256-1024", 256, 14, 1024, 1, false),
        ("14x14 3x3 256-256", 256, 14, 256, 3, false),
        ("14x14 3x3 256-256", 256, 14, 256, 3, true),
        ("7x7 1x1 2048-512", 2048, 7, 512, 1, true),
        ("7x7 3x3 512-512", 512, 7, 512, 3, true),
    ];

    /// <summary>Prints the table. Arguments: a part of the layer names, then sparsities in per cent; input channels per block with "block=N".</summary>
    public static void Print(string[] args)
    {
        var filter = args.FirstOrDefault(a => a.Contains('x', StringComparison.Ordinal)) ?? string.Empty;
        var percents = args.Where(a => int.TryParse(a, out _)).Select(int.Parse).DefaultIfEmpty(90).ToArray();
        var blocks = args.Where(a => a.StartsWith("block=", StringComparison.Ordinal)).Select(a => int.Parse(a[6..])).DefaultIfEmpty(0).ToArray();
        var groups = args.Where(a => a.StartsWith("group=", StringComparison.Ordinal)).Select(a => int.Parse(a[6..])).DefaultIfEmpty(1).ToArray();
        var peak = Machine.PeakMultiplyAdds();
        Console.WriteLine($"peak {peak / 1e9:f1} G multiply-adds/s; figures are per cent of it, counting real pixels and non-zero weights only");
        foreach (var layer in Layers.Where(l => l.Name.Contains(filter, StringComparison.Ordinal)))
        {
            var names = new List<string> { "dense" };
            var cases = new List<Case> { new(layer.C, layer.Size, layer.O, layer.K, layer.Flat, 0, 0, 0) };
            foreach (var percent in percents)
            {
                foreach (var block in blocks)
                {
                    foreach (var group in groups)
                    {
                        names.Add($"{percent}%{(block > 0 ? $"/{block}" : string.Empty)}{(group > 1 ? $" g{group}" : string.Empty)}");
                        cases.Add(new(layer.C, layer.Size, layer.O, layer.K, layer.Flat, percent / 100.0, block, group));
                    }
                }
            }

            var times = Stopwatches.Best(0.15, [.. cases.Select(c => (Action)c.Run)]);
            Console.WriteLine($"{layer.Name,-20}{(layer.Flat ? "flat" : "rows")}  " + string.Join("  ", cases.Select((c, i) => $"{names[i]} {100 * c.Macs / times[i] / peak,4:f0}% ({times[0] / times[i]:f1}x)")));
            cases.ForEach(c => c.Dispose());
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly float* input, output, mask, bias;
        private readonly int* offset;
        private readonly byte* packed;
        private readonly int inputOrigin, channels;
        private readonly bool dense;
        private readonly PanelLoops loops;

        public Case(int c, int size, int o, int k, bool flat, double sparsity, int block, int group)
        {
            var random = new Random(1);
            var pad = k / 2;
            var length = flat ? size + 1 : (size + 16) & ~15;
            if (!flat && length - size < 2)
            {
                length += 16;
            }

            var height = size + (2 * pad);
            var inputRow = flat ? length : c * length;
            var inputChannel = flat ? ((height * length) + 15) & ~15 : length;
            var total = flat ? c * inputChannel : height * inputRow;
            inputOrigin = 1024 + (pad * inputRow);
            input = Allocate(total + 4096, random);
            var width = flat ? size * length : size;
            var stored = flat ? (width + 15) & ~15 : length;
            output = Allocate((o * stored * (flat ? 1 : size)) + 64, random);
            offset = (int*)Allocate(o, random);
            bias = Allocate(o, random);
            for (var i = 0; i < o; i++)
            {
                offset[i] = i * stored;
            }

            mask = Allocate(stored, random);
            for (var x = 0; x < stored; x++)
            {
                ((uint*)mask)[x] = x < width && x % length < size ? uint.MaxValue : 0;
            }

            var weights = new float[o * c * k * k];
            for (var i = 0; i < weights.Length; i++)
            {
                var zero = group > 1 ? Hash(i / (c * k * k) / group, i % (c * k * k)) < sparsity : random.NextDouble() < sparsity;
                weights[i] = zero ? 0 : random.NextSingle() - 0.5f;
            }

            var taps = TapTable.Offsets([.. Enumerable.Range(0, c).Select(i => i * inputChannel)], (1, k, k), (1, 1, 1), (0, pad, pad), 0, inputRow);
            dense = sparsity == 0;
            var result = dense ? DensePacker.Pack(weights, o, taps) : SparsePacker.Pack(SparsePacker.Group(weights, o, taps, group, block * k * k));
            packed = (byte*)NativeMemory.AlignedAlloc((nuint)result.Bytes.Length, 64);
            result.Bytes.CopyTo(new Span<byte>(packed, result.Bytes.Length));
            Macs = (double)result.Macs * size * size;
            channels = o;
            loops = new PanelLoops(1, 1, flat ? 1 : size, width, stored, 0, 0, inputRow, 0, 0, o * stored);
        }

        public double Macs { get; }

        public void Run()
        {
            var epilogue = new PanelEpilogue(channels, offset, bias, mask, low: 0);
            if (dense)
            {
                DensePanels.Run(loops, input + inputOrigin, output, packed, epilogue);
            }
            else
            {
                SparseRows.Run(loops, input + inputOrigin, output, packed, epilogue);
            }
        }

        public void Dispose()
        {
            foreach (var p in new[] { (nint)input, (nint)output, (nint)mask, (nint)bias, (nint)offset, (nint)packed })
            {
                NativeMemory.AlignedFree((void*)p);
            }
        }

        private static double Hash(int a, int b) => new Random((a * 7919) + b).NextDouble();

        private static float* Allocate(int count, Random random)
        {
            var p = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
            for (var i = 0; i < count; i++)
            {
                p[i] = random.NextSingle() - 0.5f;
            }

            return p;
        }
    }
}
