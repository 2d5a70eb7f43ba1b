using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>
/// Networks in files: ONNX Runtime, generated code and our own dense form of the same file (no pass that removes anything, dense kernels only), by turns. One thread, batch 1; least times, since
/// small networks take no longer than an interrupt. The share is the ratio of times over the ratio of multiply-adds.
/// </summary>
internal static class FileBenchmark
{
    public static void Run(string[] files)
    {
        Console.WriteLine("| network | ONNX Runtime us | PruneCompiler us | ratio | own dense us | ratio | multiply-adds, ratio | share |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (string file in files)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions())), dense = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { DenseOnly = true, Prune = false }));
            Tensor[] inputs = [.. net.Plan.Inputs.Select((p, i) => RandomTensor.Make(new TensorType(Enum.Parse<ElementType>(p.Type, ignoreCase: true), new Shape([.. p.Shape])), new Random(i + 1)))];
            using OnnxRuntimeRun? opponent = inputs.Length == 1 ? new OnnxRuntimeRun(file, inputs[0]) : null;
            Tensor[] results = net.Run(inputs);
            double[] times = Stopwatches.Best(1, [net.Bind(inputs, results), dense.Bind(inputs, results), .. opponent is null ? Array.Empty<Action>() : [opponent.Run]]);
            double work = net.Plan.Layers.Sum(l => l.MacsBefore) / Math.Max(1.0, net.Plan.Layers.Sum(l => l.MacsAfter)), gain = times[1] / times[0], other = times.Length > 2 ? times[2] : double.NaN;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Path.GetFileNameWithoutExtension(file)} | {other * 1e6:0.0} | {times[0] * 1e6:0.00} | {other / times[0]:0.00} | {times[1] * 1e6:0.00} | {gain:0.00} | {work:0.00} | {100 * gain / work:0} % |"));
        }
    }
}
