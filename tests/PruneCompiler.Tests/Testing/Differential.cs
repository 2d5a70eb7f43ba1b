using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Report;

namespace PruneCompiler.Tests.Testing;

/// <summary>One model, computed in every way that there is: ONNX Runtime, the reference evaluator, and generated code with passes on and off.</summary>
internal static class Differential
{
    /// <summary>The ways of compiling that must agree.</summary>
    public static readonly (string Name, CompileOptions Options, int Threads)[] Ways =
    [
        ("default", new CompileOptions { ClassName = "Net" }, 1),
        ("not pruned, 3 threads", new CompileOptions { ClassName = "Net", Prune = false, ScheduleAll = true }, 3),
        ("not optimised", new CompileOptions { ClassName = "Net", Optimize = false }, 1),
        ("neither", new CompileOptions { ClassName = "Net", Prune = false, Optimize = false }, 1),
        ("dense, 2 threads", new CompileOptions { ClassName = "Net", DenseOnly = true, ScheduleAll = true }, 2),
    ];

    /// <summary>The two ways of compiling that differ most: enough for networks that are only larger than what is checked in all ways.</summary>
    public static readonly (string Name, CompileOptions Options, int Threads)[] Extremes = [Ways[0], Ways[3]];

    /// <summary>Checks a model on seeded random inputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tolerance">Largest difference, as a share of the output's largest magnitude.</param>
    /// <param name="seeds">How many inputs.</param>
    /// <param name="oracle">False for models that ONNX Runtime cannot run: the reference evaluator stands alone then.</param>
    /// <param name="inputs">Inputs by name that must not be random.</param>
    /// <param name="ways">Ways of compiling; null for all.</param>
    public static void Check(OnnxBuilder model, double tolerance = 1e-4, int seeds = 1, bool oracle = true, IReadOnlyDictionary<string, Tensor>? inputs = null, (string Name, CompileOptions Options, int Threads)[]? ways = null)
    {
        using var folder = new TemporaryFolder();
        Check(model.Save(folder.File("net.onnx")), tolerance, seeds, oracle, inputs, ways: ways);
    }

    /// <summary>Checks a model file; see the other overload.</summary>
    public static void Check(string file, double tolerance = 1e-4, int seeds = 1, bool oracle = true, IReadOnlyDictionary<string, Tensor>? inputs = null, CompileOptions? options = null, (string Name, CompileOptions Options, int Threads)[]? ways = null)
    {
        Graph reference = OnnxImporter.Load(file, options ?? new CompileOptions()).Graph;
        List<(string Name, GeneratedModel Net)> nets = (ways ?? Ways).Select(w => (w.Name, GeneratedModel.Load(ModelCompiler.Compile(file, w.Options with { Dimensions = options?.Dimensions ?? w.Options.Dimensions }), threads: w.Threads))).ToList();
        byte[] bytes = File.ReadAllBytes(file);
        for (int seed = 0; seed < seeds; seed++)
        {
            var random = new Random(seed);
            Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => inputs?.GetValueOrDefault(i.Name) ?? RandomTensor.Make(i.TensorType, random));
            Tensor[] expected = ReferenceEvaluator.Run(reference, given);
            if (oracle)
            {
                Compare("the reference evaluator", OnnxRuntimeOracle.Run(bytes, given), expected, tolerance, reference);
            }

            foreach ((string name, GeneratedModel net) in nets)
            {
                Tensor[] actual = net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList());
                Compare($"generated code ({name})", expected, actual, tolerance, reference);

                // A second run finds what the first one left behind in the scratch memory.
                Tensor[] again = net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList());
                Compare($"generated code, second run ({name})", actual, again, 0, reference);
            }
        }

        nets.ForEach(n => n.Net.Dispose());
    }

    /// <summary>Asserts that tensors agree.</summary>
    public static void Compare(string who, Tensor[] expected, Tensor[] actual, double tolerance, Graph graph)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            TensorDifference d = TensorDifference.Between(expected[i], actual[i]);
            Assert.True(
                d.Mismatch is null && d.Relative <= tolerance,
                $"{who}: output '{graph.Outputs[i].Name}' ({expected[i].Type.Text()} {expected[i].Shape}) is off by {d.Relative:g3} of its largest value at element {d.Index}. {d.Mismatch}");
        }
    }
}
