using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using PruneCompiler.Benchmarks.Runtime;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Tests.Networks;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>Whole networks: generated code against ONNX Runtime on the same file, and against our own dense code, run by turns. Batch 1, float32, one thread and two.</summary>
internal static class NetworkBenchmark
{
    private static readonly (string Name, Func<Sparsity, OnnxBuilder> Make)[] Networks =
    [
        ("ResNet-50", ConvolutionalNetworks.ResNet50),
        ("ResNet-18", ConvolutionalNetworks.ResNet18),
        ("MobileNetV1", ConvolutionalNetworks.MobileNetV1),
        ("MobileNetV2", ConvolutionalNetworks.MobileNetV2),
        ("LeNet-300-100", OtherNetworks.LeNet300),
        ("DS-CNN", ConvolutionalNetworks.DsCnn),
        ("GRU", OtherNetworks.Gru),
        ("LSTM", OtherNetworks.Lstm),
        ("transformer encoder", OtherNetworks.Transformer),
    ];

    /// <summary>Prints the table; arguments choose networks and columns by part of their name.</summary>
    public static void Run(string[] arguments)
    {
        Machine.Print();
        double peak = Machine.PeakMultiplyAdds();
        Console.WriteLine($"opponent: ONNX Runtime {typeof(InferenceSession).Assembly.GetName().Version}, float32, all optimisations, denormals as zero; batch 1; medians of alternating runs, with 2 threads of runs one program after the other; the share of the peak is that of one core and one thread");
        Console.WriteLine();
        Console.WriteLine("| network | sparsity | ONNX Runtime ms | PruneCompiler ms | ratio | with 2 threads: ONNX Runtime ms | PruneCompiler ms | ratio | own dense ms, 1 thread | multiply-adds kept | of peak | largest difference |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        string[] networks = arguments.Where(a => Networks.Any(n => Matches(n.Name, a))).ToArray(), columns = arguments.Where(a => Sparsity.All.Any(s => Matches(s.Name, a))).ToArray();
        foreach ((string name, Func<Sparsity, OnnxBuilder> make) in Networks.Where(n => networks.Length == 0 || networks.Any(a => Matches(n.Name, a))))
        {
            foreach (Sparsity sparsity in Sparsity.All.Where(s => columns.Length == 0 || columns.Any(a => Matches(s.Name, a))))
            {
                Console.WriteLine(Row(name, sparsity, make(sparsity), peak));
            }
        }
    }

    /// <summary>Writes the networks as files for other tools: the folder, then names as for <see cref="Run"/>; with the word int8 quantised, with dynamic their activations in each run.</summary>
    public static void Save(string[] arguments)
    {
        bool whole = arguments.Contains("int8"), dynamic = arguments.Contains("dynamic");
        arguments = [.. arguments.Where(a => a is not ("int8" or "dynamic"))];
        foreach ((string name, Func<Sparsity, OnnxBuilder> make) in Networks.Where(n => arguments[1..].Any(a => Matches(n.Name, a))))
        {
            foreach (Sparsity sparsity in Sparsity.All.Where(s => arguments[1..].Any(a => Matches(s.Name, a))))
            {
                Directory.CreateDirectory(arguments[0]);
                string file = $"{name} {sparsity.Name}{(whole ? " int8" : dynamic ? " dynamic" : "")}.onnx".Replace(' ', '_').Replace("%", "percent", StringComparison.Ordinal);
                OnnxBuilder model = make(sparsity);
                model = whole ? QuantizingWriter.Qdq(model, ElementType.UInt8, ElementType.Int8, true, QuantizedOperators) : dynamic ? QuantizingWriter.Dynamic(model, ElementType.Int8, false) : model;
                model.Save(Path.Combine(arguments[0], file));
                Console.WriteLine(file);
            }
        }
    }

    private static readonly string[] QuantizedOperators = ["Conv", "MatMul", "Gemm", "Add", "Mul", "Relu", "Clip", "MaxPool", "AveragePool", "GlobalAveragePool", "Concat"];

    private static bool Matches(string name, string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static string Row(string name, Sparsity sparsity, OnnxBuilder model, double peak)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        CompiledModel compiled = ModelCompiler.Compile(file, new CompileOptions());
        using GeneratedModel net = GeneratedModel.Load(compiled), shared = GeneratedModel.Load(compiled, threads: 2), dense = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { DenseOnly = true, Prune = false }));
        var random = new Random(1);
        Tensor input = RandomTensor.Make(new TensorType(ElementType.Float32, new Shape([.. net.Plan.Inputs[0].Shape])), random);
        using var opponent = new OnnxRuntimeRun(file, input);
        Tensor[] results = net.Run([input]);
        double[] medians = Medians(opponent.Run, net.Bind([input], results), dense.Bind([input], results));
        using var opponentOnTwo = new OnnxRuntimeRun(file, input, threads: 2);
        double[] onTwo = [Medians(opponentOnTwo.Run)[0], Medians(shared.Bind([input], results))[0]]; // not by turns: the threads of either spin for a while after a run
        long kept = net.Plan.Layers.Sum(l => l.MacsAfter), all = net.Plan.Layers.Sum(l => l.MacsBefore);
        double difference = Report.TensorDifference.Between(opponent.Output(), results[0]).Relative;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {sparsity.Name} | {medians[0]:0.###} | {medians[1]:0.###} | {medians[0] / medians[1]:0.0}x | {onTwo[0]:0.###} | {onTwo[1]:0.###} | {onTwo[0] / onTwo[1]:0.0}x | {medians[2]:0.###} | {100.0 * kept / Math.Max(1, all):0} % | {100 * kept / medians[1] * 1e3 / peak:0} % | {difference:0e0} |");
    }

    // One run of each in turn, for about three seconds: whatever else the machine does hits all alike.
    private static double[] Medians(params Action[] actions)
    {
        foreach (Action action in actions)
        {
            var warm = Stopwatch.StartNew();
            for (int i = 0; i < 35 && (i < 3 || warm.Elapsed.TotalSeconds < 2); i++)
            {
                action();
            }

            Thread.Sleep(150);
        }

        var times = actions.Select(_ => new List<double>()).ToArray();
        var total = Stopwatch.StartNew();
        while (times[0].Count < 7 || (total.Elapsed.TotalSeconds < 3 && times[0].Count < 20_000))
        {
            for (int i = 0; i < actions.Length; i++)
            {
                actions[i](); // brings its own weights back into the cache
                long start = Stopwatch.GetTimestamp();
                actions[i]();
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return times.Select(t => t.Order().ElementAt(t.Count / 2)).ToArray();
    }
}
