using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Benchmarks.Runtime;

/// <summary>Sparse matrix products, tokens row-major in and out (both transpositions are part of the time), against ONNX Runtime and the dense kernel.</summary>
internal static unsafe class SparseGemmBenchmark
{
    public static void Run()
    {
        var peak = Machine.PeakMultiplyAdds();
        Console.WriteLine($"multiply-add peak {peak / 1e9:f1} G/s\n   m x    k x    n zeros | us: ORT    dense   sparse | over ORT: dense sparse | sparse: of peak");
        foreach (var (m, k, n) in new[] { (64, 256, 1024), (64, 1024, 256), (128, 768, 768), (8, 256, 256), (512, 128, 128), (49, 512, 512) })
        {
            foreach (var zeros in new[] { 0.7, 0.8, 0.9, 0.95 })
            {
                Compare(m, k, n, zeros, peak);
            }
        }
    }

    private static void Compare(int m, int k, int n, double zeros, double peak)
    {
        var random = new Random(1);
        var weights = new float[n * k];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = random.NextDouble() < zeros ? 0f : (float)random.NextDouble() - 0.5f;
        }

        var ort = OnnxModels.Gemm(m, k, n, weights, new float[n]);
        for (var i = 0; i < m * k; i++)
        {
            ort.Inputs[0][i] = (float)random.NextDouble() - 0.5f;
        }

        var a = Pinned.Copy<float>(ort.Inputs[0]);
        var c = Pinned.Zeros<float>(m * n);
        var b = Pinned.Copy<float>(DenseGemmPacker.Pack(weights, k, n, true));
        var denseScratch = Pinned.Zeros<float>(DenseGemm.ScratchFloats(m, k));
        var p = SparseGemmPack.Pack(weights, [], n, k, m);
        var w = Pinned.Copy<float>(p.Weights);
        var offsets = Pinned.Copy<ushort>(p.Offsets);
        var steps = Pinned.Copy<int>(p.Steps);
        var order = Pinned.Copy<ushort>(p.Order);
        var bias = Pinned.Copy<float>(p.Bias);
        var scratch = Pinned.Zeros<float>(SparseGemm.ScratchFloats(m, n, k));
        void Dense() => DenseGemm.Run(a, k, 1, b, c, n, m, n, k, 1f, bias, null, null, 0, 0f, float.PositiveInfinity, denseScratch);
        void Sparse() => SparseGemm.Run(a, k, 1, c, n, 1, m, n, k, w, offsets, steps, order, bias, null, 0f, float.PositiveInfinity, scratch);
        ort.Run();
        foreach (var kernel in new Action[] { Dense, Sparse })
        {
            kernel();
            for (var i = 0; i < m * n; i++)
            {
                if (Math.Abs(c[i] - ort.Output[i]) > 1e-4 * (1 + Math.Abs(c[i])))
                {
                    throw new InvalidOperationException($"value {i} is {c[i]}, ONNX Runtime gives {ort.Output[i]}");
                }
            }
        }

        var t = Stopwatches.Best(0.1, ort.Run, Dense, Sparse);
        var executed = (double)m * weights.Count(x => x != 0f);
        Console.WriteLine(FormattableString.Invariant(
            $"{m,4} x {k,4} x {n,4} {zeros,5:p0} | {t[0] * 1e6,7:f1} {t[1] * 1e6,8:f1} {t[2] * 1e6,8:f1} | {t[0] / t[1],15:f2} {t[0] / t[2],6:f2} | {executed / t[2] / peak,8:p0}"));
    }
}
