using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.IntegerSparse;
using PruneCompiler.Runtime;

namespace PruneCompiler.Calibrate;

/// <summary>Measures the kernels of 8-bit layers: 192 pixels of 256 channels, a layer of one tap a pixel.</summary>
internal sealed unsafe class IntegerCosts(CycleTimer timer)
{
    private const int Inputs = 256;
    private const int Outputs = 64;
    private const int Pixels = 192;
    private const double Sparse = 0.05;
    private const double Denser = 0.2;

    /// <summary>A step of the dense kernel, and what begins and ends six pixels of 16 channels.</summary>
    public (double Step, double End) Blocks()
    {
        double Cycles(int inputs)
        {
            using var memory = new NativeBlocks();
            var filters = new List<IReadOnlyDictionary<int, int>>();
            for (int m = 0; m < Outputs; m++)
            {
                filters.Add(Enumerable.Range(0, inputs).ToDictionary(k => k, k => 1 + ((k + m) % 100)));
            }

            IntegerSteps steps = IntegerPacker.Pack(filters);
            byte* x = memory.Copy<byte>([], Pixels * Inputs), y = memory.Copy<byte>([], Pixels * Outputs);
            sbyte* w = memory.Copy<sbyte>(steps.Weights);
            int* taps = memory.Copy<int>(steps.Taps), blocks = memory.Copy<int>(steps.Blocks);
            IntegerEpilogue epilogue = Epilogue(memory);
            return timer.Cycles(() => IntegerConv.Run(Loops(), x, w, taps, blocks, epilogue, y));
        }

        double few = Cycles(Inputs / 4), all = Cycles(Inputs), tiles = Pixels / IntegerTile.Pixels * (Outputs / 16.0);
        double step = (all - few) / (tiles * (Inputs - (Inputs / 4)) / 4);
        return (step, (few / tiles) - (step * Inputs / 16));
    }

    /// <summary>Four weights of one channel for 64 positions, and what begins and ends a channel.</summary>
    public (double Quad, double Row) Quads()
    {
        double Cycles(double density, out long quads)
        {
            using var memory = new NativeBlocks();
            var random = new Random(1);
            var filters = new List<IReadOnlyList<IntegerTap>>();
            for (int m = 0; m < Outputs; m++)
            {
                filters.Add([.. Enumerable.Range(0, Inputs).Where(_ => random.NextDouble() < density).Select(k => new IntegerTap(k, 0, 0, 1 + (k % 100)))]);
            }

            var taps = new IntegerTaps(1, 1, Pixels, Inputs, (1, 1), (1, 1), (0, 0), 0, Inputs, filters);
            PlaneTile tile = PlaneTile.Choose(taps, Plan.Cost.CostTargets.Portable);
            IntegerQuadRows rows = QuadPacker.Pack(taps, tile);
            quads = rows.Quads.Sum();
            byte* x = memory.Copy<byte>([], (Pixels * Inputs) + 64), y = memory.Copy<byte>([], Pixels * Outputs), room = memory.Copy<byte>([], tile.Bytes), order = memory.Copy<byte>(rows.Order);
            sbyte* w = memory.Copy<sbyte>(rows.Weights);
            int* offsets = memory.Copy<int>(rows.Taps), counts = memory.Copy<int>(rows.Quads), phases = memory.Copy<int>([0, 0, 0, 0]);
            IntegerEpilogue epilogue = Epilogue(memory);
            return timer.Cycles(() => IntegerSparse.Run(Loops(), new IntegerPlanes(tile.Rows, tile.Columns, tile.Pitch, tile.Plane, tile.Channels, 1, phases), x, w, offsets, counts, order, epilogue, room, y));
        }

        double few = Cycles(Sparse, out long fewQuads), more = Cycles(Denser, out long moreQuads), steps = Pixels / (double)IntegerQuads.Long;
        double quad = (more - few) / (steps * (moreQuads - fewQuads));
        return (quad, (few - (quad * steps * fewQuads) - (Turn() * Pixels * (Inputs + Outputs))) / (steps * Outputs));
    }

    /// <summary>A byte from pixels into planes.</summary>
    public double Turn()
    {
        using var memory = new NativeBlocks();
        byte* x = memory.Copy<byte>([], 2 * ByteTurn.Side * Inputs), y = memory.Copy<byte>([], 2 * ByteTurn.Side * Inputs);
        return timer.Cycles(() =>
        {
            for (int c = 0; c < Inputs; c += ByteTurn.Side)
            {
                ByteTurn.One(x + c, Inputs, y + (c * ByteTurn.Side), ByteTurn.Side, 0);
            }
        }) / (ByteTurn.Side * Inputs) / (ByteTurn.IsDouble ? 2 : 1);
    }

    private static IntegerLoops Loops() => new(1, 1, Pixels, Outputs, 0, 0, Inputs, 0, 0, Outputs, 0);

    private static IntegerEpilogue Epilogue(NativeBlocks memory) =>
        new(memory.Copy<int>([], Outputs), memory.Copy<int>([], Outputs), memory.Copy<float>([], Outputs), -10, 245, 10);
}
