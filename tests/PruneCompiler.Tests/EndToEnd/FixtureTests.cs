using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Real pruned networks give the outputs of the framework that trained them.</summary>
public class FixtureTests
{
    public static TheoryData<string, string> NetworksAndWays
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in Fixture.Names)
            {
                foreach ((string way, _, _) in Differential.Ways)
                {
                    data.Add(name, way);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Networks => [.. Fixture.Names];

    [Theory]
    [MemberData(nameof(NetworksAndWays))]
    public void Generated_code_gives_the_outputs_of_the_framework(string name, string way)
    {
        Fixture fixture = Fixture.Open(name);
        (_, CompileOptions options, int threads) = Differential.Ways.Single(w => w.Name == way);
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(fixture.ModelFile, options), threads: threads);
        Graph graph = OnnxImporter.Load(fixture.ModelFile, new CompileOptions()).Graph;
        foreach ((Tensor input, Tensor output) in fixture.Samples())
        {
            Differential.Compare($"{name} ({way})", [output], net.Run([input]), 1e-4, graph);
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_reference_evaluator_gives_the_outputs_of_the_framework(string name)
    {
        Fixture fixture = Fixture.Open(name);
        Graph graph = OnnxImporter.Load(fixture.ModelFile, new CompileOptions()).Graph;
        (Tensor input, Tensor output) = fixture.Samples().First();
        Differential.Compare(name, [output], ReferenceEvaluator.Run(graph, new Dictionary<string, Tensor> { [graph.Inputs[0].Name] = input }), 1e-4, graph);
    }
}
