using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Benchmarks.Runtime;

/// <summary>Batch-1 layers: ONNX Runtime, the dense kernel and each sparse kernel, interleaved.</summary>
internal static unsafe class GemvBenchmark
{
    public static void Run()
    {
        (int In, int Out)[] shapes = [(784, 300), (300, 100), (100, 10), (1024, 1024), (2048, 1000), (256, 768)];
        Console.WriteLine("in x out      zeros | us: ORT    dense  windows     rows | over ORT: dense windows rows | bytes: dense windows rows");
        foreach (var (inputs, outputs) in shapes)
        {
            foreach (var sparsity in new[] { 0.7, 0.8, 0.9, 0.95 })
            {
                Compare(inputs, outputs, sparsity);
            }
        }
    }

    private static void Compare(int inputs, int outputs, double sparsity)
    {
        var random = new Random(1);
        var weights = new float[inputs * outputs];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = random.NextDouble() < sparsity ? 0f : (float)random.NextDouble() - 0.5f;
        }

        var bias = new float[outputs];
        Array.ForEach(Enumerable.Range(0, outputs).ToArray(), o => bias[o] = (float)random.NextDouble() - 0.5f);
        var input = new float[inputs];
        Array.ForEach(Enumerable.Range(0, inputs).ToArray(), i => input[i] = (float)random.NextDouble() - 0.5f);
        var ort = OnnxModels.Gemm(1, inputs, outputs, weights, bias);
        input.CopyTo(ort.Inputs[0], 0);
        var x = Pinned.Copy<float>(input, 64);
        var y = Pinned.Zeros<float>(outputs + 64);
        var d = DenseGemvPack.Pack(weights, bias, outputs, inputs);
        var dw = Pinned.Copy<float>(d.Weights);
        var db = Pinned.Copy<float>(d.Bias);
        var w = SparseGemvWindowsPack.Pack(weights, bias, outputs, inputs);
        var ww = Pinned.Copy<float>(w.Weights);
        var wl = Pinned.Copy<byte>(w.Lanes);
        var wn = Pinned.Copy<ushort>(w.Windows);
        var ws = Pinned.Copy<int>(w.Steps);
        var wb = Pinned.Copy<float>(w.Bias);
        ushort* wo = w.Order is null ? null : Pinned.Copy<ushort>(w.Order);
        var r = SparseGemvRowsPack.Pack(weights, bias, outputs, inputs);
        var rw = Pinned.Copy<float>(r.Weights);
        var ri = Pinned.Copy<ushort>(r.Indices);
        var rs = Pinned.Copy<int>(r.Steps);
        var rb = Pinned.Copy<float>(r.Bias);
        ushort* ro = r.Order is null ? null : Pinned.Copy<ushort>(r.Order);
        Action dense = () => DenseGemv.Run(x, y, dw, db, null, inputs, outputs, 0f, float.PositiveInfinity);
        Action windows = () => SparseGemvWindows.Run(x, y, ww, wl, wn, ws, wb, wo, null, outputs, 0f, float.PositiveInfinity);
        Action rows = () => SparseGemvRows.Run(x, y, rw, ri, rs, rb, ro, null, outputs, 0f, float.PositiveInfinity);
        ort.Run();
        foreach (var kernel in new[] { dense, windows, rows })
        {
            kernel();
            for (var o = 0; o < outputs; o++)
            {
                if (Math.Abs(y[o] - ort.Output[o]) > 1e-4 * (1 + Math.Abs(y[o])))
                {
                    throw new InvalidOperationException($"output {o} is {y[o]}, ONNX Runtime gives {ort.Output[o]}");
                }
            }
        }

        var t = Stopwatches.Best(0.15, ort.Run, dense, windows, rows);
        Console.WriteLine(FormattableString.Invariant(
            $"{inputs,4} x {outputs,4} {sparsity,8:p0} |   {t[0] * 1e6,7:f2} {t[1] * 1e6,8:f2} {t[2] * 1e6,8:f2} {t[3] * 1e6,8:f2} |     {t[0] / t[1],5:f2}  {t[0] / t[2],5:f2} {t[0] / t[3],5:f2} | {d.Weights.Length * 4 / 1024} K {(w.Weights.Length * 5 + w.Windows.Length * 2) / 1024} K {r.Weights.Length * 6 / 1024} K"));
    }
}
