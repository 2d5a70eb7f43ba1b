using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>
/// One layer for each structure inside weights, hidden behind permutations: what the planner chooses against plain sparse rows and against dense. One thread; best of alternating
/// runs; beside each measured ratio the one that the cost model predicted.
/// </summary>
internal static class StructureBenchmark
{
    // Those that know no structure.
    private static readonly string[] Plain = ["sparse rows", "unrolled taps", "sparse vector by rows", "sparse vector by windows", "sparse matrix", "dense panels", "dense vector", "dense matrix"];

    private static readonly (string Name, Func<StructuredWeights, int, int, float[]> Make)[] Kinds =
    [
        ("single weights, 90 %", (w, r, c) => w.Singles(r, c, 0.1)),
        ("rows in sets of 4, 90 %", (w, r, c) => w.RowSets(r, c, 4, 0.1)),
        ("rows in sets of 8, 90 %", (w, r, c) => w.RowSets(r, c, 8, 0.1)),
        ("rows in sets of 32, 90 %", (w, r, c) => w.RowSets(r, c, 32, 0.1)),
        ("sets of 8, a fifth of each lost", (w, r, c) => Thin(w.RowSets(r, c, 8, 0.125), 5)),
        ("blocks of 8 x 4, 90 %", (w, r, c) => w.Blocks(r, c, 8, 4, 0.1)),
        ("8 modules", (w, r, c) => w.Modules(r, c, 8)),
        ("filter patterns, 4 of 9", (w, r, c) => w.FilterPatterns(r, c / 9, 9, 4, 6)),
        ("stripes, 3 of 9", (w, r, c) => w.Stripes(r, c / 9, 9, 3)),
        ("2:4", (w, r, c) => w.Ratio(r, c, 2, 4)),
        ("1:4", (w, r, c) => w.Ratio(r, c, 1, 4)),
        ("2:16", (w, r, c) => w.Ratio(r, c, 2, 16)),
        ("low rank, a quarter", (w, r, c) => w.LowRank(r, c, Math.Min(r, c) / 4)),
        ("low rank, a sixteenth", (w, r, c) => w.LowRank(r, c, Math.Min(r, c) / 16)),
        ("three values, half zero", (w, r, c) => w.Codebook(r, c, 0, 0, 0.05f, -0.05f)),
        ("16 values", (w, r, c) => w.Codebook(r, c, [.. Enumerable.Range(-8, 16).Select(i => (i + 0.5f) / 64)])),
    ];

    private static readonly (string Name, int Outputs, int Inputs, Func<int, int, float[], OnnxBuilder> Make)[] Layers =
    [
        ("conv 3x3, 128 to 128, 28x28", 128, 128 * 9, (o, i, w) => Conv(o, i / 9, 3, 28, w)),
        ("conv 1x1, 256 to 256, 14x14", 256, 256, (o, i, w) => Conv(o, i, 1, 14, w)),
        ("vector, 1024 x 1024", 1024, 1024, (o, i, w) => Gemm(1, o, i, w)),
        ("matrix, 64 x 512 x 512", 512, 512, (o, i, w) => Gemm(64, o, i, w)),
    ];

    /// <summary>Prints the table; arguments choose layers and structures by part of their name.</summary>
    public static void Run(string[] arguments)
    {
        Console.WriteLine("| layer | structure | strategy | us | over plain sparse | predicted | over dense | predicted |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var layer in Layers.Where(l => Chosen(l.Name, arguments, Layers.Select(x => x.Name))))
        {
            foreach (var kind in Kinds.Where(k => Chosen(k.Name, arguments, Kinds.Select(x => x.Name)) && (layer.Name.Contains("3x3", StringComparison.Ordinal) || !k.Name.Contains("of 9", StringComparison.Ordinal))))
            {
                Console.WriteLine(Row(layer.Name, kind.Name, layer.Make(layer.Outputs, layer.Inputs, kind.Make(new StructuredWeights(1), layer.Outputs, layer.Inputs))));
            }
        }
    }

    private static bool Chosen(string name, string[] arguments, IEnumerable<string> all)
    {
        string[] about = [.. arguments.Where(a => all.Any(n => n.Contains(a, StringComparison.Ordinal)))];
        return about.Length == 0 || about.Any(a => name.Contains(a, StringComparison.Ordinal));
    }

    private static string Row(string layer, string structure, OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        CompiledModel best = ModelCompiler.Compile(file, new CompileOptions());
        IReadOnlyList<Plan.Cost.Prediction> predictions = ModelCompiler.Compile(file, new CompileOptions { Without = ["low rank"] }).Predictions.Values.First(p => p.Count > 0);
        string[] structured = [.. predictions.Select(p => p.Strategy).Except(Plain)];
        IReadOnlyList<LayerRow> chosen = best.Plan.Layers; // one, or two factors
        using GeneratedModel net = GeneratedModel.Load(best),
            dense = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { DenseOnly = true, Optimize = false })),
            plain = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { Optimize = false, Without = [.. structured, "dense panels", "dense vector", "dense matrix"] }));
        Tensor input = RandomTensor.Make(new TensorType(ElementType.Float32, new Shape([.. net.Plan.Inputs[0].Shape])), new Random(1));
        double[] times = Stopwatches.Best(0.25, [.. new[] { net, plain, dense }.Select(n => n.Bind([input], n.Run([input])))]);
        double Cycles(Func<Plan.Cost.Prediction, bool> of) => predictions.Where(of).Select(p => p.Cycles).DefaultIfEmpty(double.NaN).Min();
        double mine = chosen.Sum(l => best.Predictions[l.Name].First(p => p.Strategy == l.Strategy).Cycles), sparse = Cycles(p => !p.IsDense && Plain.Contains(p.Strategy)), full = Cycles(p => p.IsDense);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {layer} | {structure} | {string.Join(", then ", chosen.Select(l => l.Strategy))} | {times[0] * 1e6:0.0} | {times[1] / times[0]:0.00} | {sparse / mine:0.00} | {times[2] / times[0]:0.00} | {full / mine:0.00} |");
    }

    private static float[] Thin(float[] weights, int every)
    {
        var random = new Random(every);
        return Array.ConvertAll(weights, w => random.Next(every) == 0 ? 0 : w);
    }

    private static OnnxBuilder Conv(int filters, int channels, int kernel, int size, float[] weights) =>
        new OnnxBuilder().Input("x", 1, channels, size, size).Initializer("w", [filters, channels, kernel, kernel], weights)
            .Node("Conv", ["x", "w"], ["c"], ("pads", new[] { kernel / 2, kernel / 2, kernel / 2, kernel / 2 })).Node("Relu", ["c"], ["y"]).Output("y");

    private static OnnxBuilder Gemm(int rows, int outputs, int inputs, float[] weights) =>
        new OnnxBuilder().Input("x", rows, inputs).Initializer("w", [outputs, inputs], weights).Node("Gemm", ["x", "w"], ["g"], ("transB", 1)).Node("Relu", ["g"], ["y"]).Output("y");
}
