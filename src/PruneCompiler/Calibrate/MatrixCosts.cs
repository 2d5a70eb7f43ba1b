using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.SharedTaps;
using PruneCompiler.Runtime;

namespace PruneCompiler.Calibrate;

/// <summary>Measures the kernels of matrix layers: one vector or 64 rows times 512 x 512 weights of two densities.</summary>
internal sealed unsafe class MatrixCosts(CycleTimer timer, int lanes)
{
    private const int Side = 512;
    private const int Rows = 64;
    private const double Sparse = 0.05;
    private const double Denser = 0.2;

    /// <summary>Bytes of weights that a dense product of one vector streams in a cycle.</summary>
    public double BytesPerCycle(int side)
    {
        using var memory = new NativeBlocks();
        float* x = memory.Random(side, 1), y = memory.Copy<float>([], side), w = memory.Random(side * side, 2), b = memory.Random(side, 3);
        return 4.0 * side * side / timer.Cycles(() => DenseGemv.Run(x, y, w, b, null, side, side, 0, 1));
    }

    /// <summary>A step of the kernel that fetches inputs one by one.</summary>
    public double RowsStep() => Slope(density =>
    {
        using var memory = new NativeBlocks();
        SparseGemvRowsPack pack = SparseGemvRowsPack.Pack(Weights(density, 1), [], Side, Side);
        float* x = memory.Random(Side, 1), y = memory.Copy<float>([], Side), w = memory.Copy<float>(pack.Weights), b = memory.Copy<float>(pack.Bias);
        ushort* i = memory.Copy<ushort>(pack.Indices), o = pack.Order is null ? null : memory.Copy<ushort>(pack.Order);
        int* s = memory.Copy<int>(pack.Steps);
        return (timer.Cycles(() => SparseGemvRows.Run(x, y, w, i, s, b, o, null, Side, 0, 1)), pack.Steps.Sum(), pack.Steps.Length);
    }).Step;

    /// <summary>A step of the kernel that takes inputs from windows, and what begins and ends a group of 16 outputs.</summary>
    public (double Step, double Group) WindowsStep() => Slope(density =>
    {
        using var memory = new NativeBlocks();
        SparseGemvWindowsPack pack = SparseGemvWindowsPack.Pack(Weights(density, 1), [], Side, Side);
        float* x = memory.Random(SparseGemvWindows.ReadableInputs(Side), 1), y = memory.Copy<float>([], Side), w = memory.Copy<float>(pack.Weights), b = memory.Copy<float>(pack.Bias);
        byte* l = memory.Copy<byte>(pack.Lanes);
        ushort* n = memory.Copy<ushort>(pack.Windows), o = pack.Order is null ? null : memory.Copy<ushort>(pack.Order);
        int* s = memory.Copy<int>(pack.Steps);
        return (timer.Cycles(() => SparseGemvWindows.Run(x, y, w, l, n, s, b, o, null, Side, 0, 1)), pack.Steps.Sum(), pack.Steps.Length);
    });

    /// <summary>An input times the weights of 16 outputs that share it.</summary>
    public double SharedStep() => Slope(density =>
    {
        using var memory = new NativeBlocks();
        SharedGemvPack pack = SharedGemvPack.Pack(Weights(density, 16), Side, Side, Side / 16);
        float* x = memory.Random(Side, 1), y = memory.Copy<float>([], Side), w = memory.Copy<float>(pack.Weights), b = memory.Copy<float>(pack.Bias);
        ushort* i = memory.Copy<ushort>(pack.Indices), o = memory.Copy<ushort>(pack.Order);
        int* s = memory.Copy<int>(pack.Sizes);
        return (timer.Cycles(() => SharedGemv.Run(x, y, w, i, s, b, o, null, pack.Groups, Side, 0, 1)), pack.Indices.Length, pack.Groups);
    }).Step;

    /// <summary>An input times the weights of 16 outputs that are numbers of few values.</summary>
    public double TableStep()
    {
        using var memory = new NativeBlocks();
        CodebookGemvPack pack = CodebookGemvPack.Pack(Array.ConvertAll(Weights(0.5, 1), w => MathF.Round(8 * w)), [], Side, Side)!;
        float* x = memory.Random(Side, 1), y = memory.Copy<float>([], Side), t = memory.Copy<float>(pack.Table), b = memory.Copy<float>(pack.Bias);
        int* c = memory.Copy<int>(pack.Codes);
        return timer.Cycles(() => CodebookGemv.Run(x, y, c, t, b, null, Side, Side, 0, 1)) / (Side * Side / CodebookGemv.Panel);
    }

    /// <summary>A weight of a sparse matrix for one vector of rows, and what begins and ends an output in a block of inputs.</summary>
    public (double Tap, double Row) Matrix()
    {
        double Cycles(double density, out long kept)
        {
            using var memory = new NativeBlocks();
            float[] weights = Weights(density, 1);
            kept = weights.LongCount(v => v != 0);
            SparseGemmPack pack = SparseGemmPack.Pack(weights, [], Side, Side, Rows);
            float* a = memory.Random(Rows * Side, 1), c = memory.Copy<float>([], Rows * Side), w = memory.Copy<float>(pack.Weights), b = memory.Copy<float>(pack.Bias);
            ushort* f = memory.Copy<ushort>(pack.Offsets), o = memory.Copy<ushort>(pack.Order);
            int* s = memory.Copy<int>(pack.Steps);
            float* scratch = memory.Copy<float>([], SparseGemm.ScratchFloats(Rows, Side, Side));
            return timer.Cycles(() => SparseGemm.Run(a, Side, 1, c, Side, 1, Rows, Side, Side, w, f, s, o, b, null, 0, 1, scratch)) / (Rows / lanes);
        }

        double few = Cycles(Sparse, out long fewKept), many = Cycles(Denser, out long manyKept), tap = (many - few) / (manyKept - fewKept);
        double blocks = Math.Ceiling(Side / (double)SparseGemm.BlockK(SparseGemm.Tile(Rows)));
        double reordered = 2.0 * Reorder() * Side * lanes;
        return (tap, Math.Max(0.1, (few - (fewKept * tap) - reordered) / (Side * blocks)));
    }

    /// <summary>Bringing one element into another order.</summary>
    public double Reorder()
    {
        using var memory = new NativeBlocks();
        float* from = memory.Random(Rows * Side, 1), to = memory.Copy<float>([], Rows * Side);
        return timer.Cycles(() => Transpose.Run(from, Side, to, Rows, Rows, Side)) / (Rows * Side);
    }

    // Sets of rows with the same columns.
    private static float[] Weights(double density, int set)
    {
        var random = new Random(3);
        var weights = new float[Side * Side];
        for (int i = 0; i < weights.Length; i++)
        {
            int row = i / Side;
            weights[i] = row % set != 0 ? weights[i - Side] : random.NextDouble() < density ? random.NextSingle() + 0.1f : 0;
        }

        return weights;
    }

    private static (double Step, double Group) Slope(Func<double, (double Cycles, int Steps, int Groups)> measure)
    {
        var few = measure(Sparse);
        var many = measure(Denser);
        double step = (many.Cycles - few.Cycles) / (many.Steps - few.Steps);
        return (step, (few.Cycles - (few.Steps * step)) / few.Groups);
    }
}
