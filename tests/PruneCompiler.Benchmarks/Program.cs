using PruneCompiler.Benchmarks.Networks;
using PruneCompiler.Benchmarks.Runtime;

// One benchmark per name; without a name, the list.
var benchmarks = new SortedDictionary<string, Action<string[]>>(StringComparer.Ordinal)
{
    ["gemm"] = _ => GemmBenchmark.Run(),
    ["sparse-gemm"] = _ => SparseGemmBenchmark.Run(),
    ["gemv"] = _ => GemvBenchmark.Run(),
    ["convolution"] = Convolution.Print,
    ["network-files"] = NetworkBenchmark.Save,
    ["networks"] = NetworkBenchmark.Run,
    ["files"] = FileBenchmark.Run,
    ["structures"] = StructureBenchmark.Run,
    ["machine"] = _ => Machine.Print(),
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine("usage: PruneCompiler.Benchmarks " + string.Join('|', benchmarks.Keys));
    return 2;
}

run(args[1..]);
return 0;
