using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Benchmarks.Runtime;

/// <summary>Matrix products against ONNX Runtime's MatMul, and against the measured multiply-add peak.</summary>
internal static unsafe class GemmBenchmark
{
    public static void Run()
    {
        var peak = Machine.PeakMultiplyAdds();
        Console.WriteLine($"multiply-add peak {peak / 1e9:f1} G/s\n   m x    k x    n, B constant |  us: ORT     ours | over ORT | of peak: ORT ours");
        (int M, int K, int N)[] shapes =
        [
            (64, 256, 1024), (64, 1024, 256), (128, 128, 128), (256, 256, 256), (512, 512, 512), (128, 768, 768), (196, 256, 512), (49, 512, 512), (8, 768, 3072),
            (1024, 64, 64), (3136, 64, 64), (12, 300, 100),
        ];
        foreach (var (m, k, n) in shapes)
        {
            Constant(m, k, n, peak);
        }

        foreach (var (m, k, n) in new[] { (128, 64, 128), (128, 128, 64), (256, 64, 256), (512, 64, 512) })
        {
            Activations(m, k, n, peak);
        }
    }

    private static void Constant(int m, int k, int n, double peak)
    {
        var random = new Random(1);
        var weights = Values(random, k * n);
        var ort = OnnxModels.Gemm(m, k, n, weights, null, transposed: false);
        Values(random, m * k).CopyTo(ort.Inputs[0], 0);
        var a = Pinned.Copy<float>(ort.Inputs[0]);
        var b = Pinned.Copy<float>(DenseGemmPacker.Pack(weights, k, n, false));
        var c = Pinned.Zeros<float>(m * n);
        var scratch = Pinned.Zeros<float>(DenseGemm.ScratchFloats(m, k));
        void Ours() => DenseGemm.Run(a, k, 1, b, c, n, m, n, k, 1f, null, null, null, 0, float.NegativeInfinity, float.PositiveInfinity, scratch);
        Compare("", m, k, n, peak, ort, Ours, c);
    }

    /// <summary>B is an activation: packing it is part of the time.</summary>
    private static void Activations(int m, int k, int n, double peak)
    {
        var random = new Random(1);
        var ort = OnnxModels.MatMul([m, k], [k, n], [m, n]);
        Values(random, m * k).CopyTo(ort.Inputs[0], 0);
        Values(random, k * n).CopyTo(ort.Inputs[1], 0);
        var a = Pinned.Copy<float>(ort.Inputs[0]);
        var b = Pinned.Copy<float>(ort.Inputs[1]);
        var packed = Pinned.Zeros<float>(DenseGemmPack.BFloats(k, n));
        var c = Pinned.Zeros<float>(m * n);
        var scratch = Pinned.Zeros<float>(DenseGemm.ScratchFloats(m, k));
        void Ours()
        {
            DenseGemmPack.B(b, n, 1, k, n, packed);
            DenseGemm.Run(a, k, 1, packed, c, n, m, n, k, 1f, null, null, null, 0, float.NegativeInfinity, float.PositiveInfinity, scratch);
        }

        Compare("B packed in the run", m, k, n, peak, ort, Ours, c);
    }

    private static void Compare(string what, int m, int k, int n, double peak, OnnxLayer ort, Action ours, float* c)
    {
        ort.Run();
        ours();
        for (var i = 0; i < m * n; i++)
        {
            if (Math.Abs(c[i] - ort.Output[i]) > 1e-4 * (1 + Math.Abs(c[i])))
            {
                throw new InvalidOperationException($"value {i} is {c[i]}, ONNX Runtime gives {ort.Output[i]}");
            }
        }

        var t = Stopwatches.Best(0.2, ort.Run, ours);
        double Part(double seconds) => (double)m * k * n / seconds / peak;
        Console.WriteLine(FormattableString.Invariant(
            $"{m,4} x {k,4} x {n,4}               | {t[0] * 1e6,8:f1} {t[1] * 1e6,8:f1} | {t[0] / t[1],8:f2} | {Part(t[0]),10:p0} {Part(t[1]),6:p0} {what}"));
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)random.NextDouble() - 0.5f;
        }

        return values;
    }
}
