using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Report;

/// <summary>verify --per-layer points at the layer that is wrong.</summary>
public class LayerVerifierTests
{
    private static readonly Tensor Input = Tensor.Of<float>(new Shape(1, 3), [1, -2, 3]);

    [Fact]
    public void Right_code_agrees_everywhere()
    {
        using var folder = new TemporaryFolder();
        string file = Save(folder, "right", 1);
        var verifier = new LayerVerifier(() => Load(file), () => Load(file), new CompileOptions(), [Input]);
        LayerDifference[] all = [.. verifier.Exposed(), .. verifier.Prefixes()];
        Assert.Equal(2 * 4, all.Length);
        Assert.All(all, d => Assert.InRange(d.Difference.Relative, 0, 1e-6));
    }

    [Fact]
    public void The_first_departure_is_at_the_wrong_layer()
    {
        using var folder = new TemporaryFolder();
        string right = Save(folder, "right", 1), wrong = Save(folder, "wrong", 2);
        var verifier = new LayerVerifier(() => Load(wrong), () => Load(right), new CompileOptions(), [Input]);
        foreach (IEnumerable<LayerDifference> way in new[] { verifier.Exposed(), verifier.Prefixes() })
        {
            LayerDifference first = way.First(d => d.Difference.Relative > 1e-3);
            Assert.Equal("MatMul 'MatMul_2'", first.Node);
            Assert.True(first.Difference.Ulp > 1);
        }
    }

    private static ImportedModel Load(string file) => OnnxImporter.Load(file, new CompileOptions());

    private static string Save(TemporaryFolder folder, string name, float weight) => new OnnxBuilder().Input("x", 1, 3)
        .Initializer("v", [3, 2], 1, 2, 3, 4, 5, 6).Initializer("w", [2, 2], 0, weight, 1, 1)
        .Node("MatMul", ["x", "v"], ["a"]).Node("Relu", ["a"], ["b"]).Node("MatMul", ["b", "w"], ["c"]).Node("Tanh", ["c"], ["y"]).Output("y")
        .Save(folder.File(name + ".onnx"));
}
