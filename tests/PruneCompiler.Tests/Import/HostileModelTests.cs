using Google.Protobuf;
using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

public class HostileModelTests
{
    [Fact]
    public void MissingFileIsADiagnostic() => Assert.Equal("PRUNE0001", Error("/nonexistent/model.onnx"));

    [Fact]
    public void FolderIsADiagnostic() => Assert.Equal("PRUNE0001", Error(Path.GetTempPath()));

    [Theory]
    [InlineData("")]
    [InlineData("this is no model")]
    [InlineData("\x08\x08")]
    [InlineData("\x3a\x7f")]
    public void OtherContentIsMalformed(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.onnx"), content);

        Assert.Equal("PRUNE0002", Error(folder.File("m.onnx")));
    }

    [Fact]
    public void EveryTruncationIsADiagnosticOrAModel()
    {
        byte[] valid = Valid().ToBytes();
        for (int length = 0; length < valid.Length; length++)
        {
            Try(valid[..length]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomMutationsAreDiagnosticsOrModels(int seed)
    {
        byte[] valid = Valid().ToBytes();
        var random = new Random(seed);
        int models = 0;
        const int Runs = 1000;
        for (int run = 0; run < Runs; run++)
        {
            byte[] bytes = [.. valid];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(bytes.Length);
                bytes[at] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                    _ => bytes[random.Next(bytes.Length)],
                };
            }

            models += Try(bytes) ? 1 : 0;
        }

        Assert.InRange(models, 1, Runs - 1); // else the mutations say nothing
    }

    [Fact]
    public void DeepNestingIsRefused()
    {
        GraphProto graph = OnnxBuilder.Subgraph("inner", [], []);
        for (int i = 0; i < 500; i++)
        {
            graph = OnnxBuilder.Subgraph("g", [], [], OnnxBuilder.MakeNode("n", "", "If", ["c"], ["y"], ("then_branch", graph)));
        }

        var builder = new OnnxBuilder();
        builder.Model.Graph = graph;

        Assert.Equal("PRUNE0002", builder.ImportErrors()[0].Id);
    }

    [Fact]
    public void TrillionElementsAreRefusedBeforeTheyAreAllocated()
    {
        OnnxBuilder builder = new OnnxBuilder().Initializer("s", 1_000_000L, 1_000_000L).Node("ConstantOfShape", ["s"], ["y"]).Output("y");

        Assert.Equal("PRUNE0009", Assert.Single(builder.ImportErrors()).Id);
    }

    [Fact]
    public void SparseTrillionIsRefused()
    {
        OnnxBuilder builder = new OnnxBuilder().Node("Identity", ["s"], ["y"]).Output("y");
        var sparse = new SparseTensorProto { Values = OnnxBuilder.Proto(Tensor.Vector(5f), "s"), Indices = OnnxBuilder.Proto(Tensor.Vector(1L)) };
        sparse.Dims.Add([1 << 15, 1 << 15]);
        builder.Graph.SparseInitializer.Add(sparse);

        Assert.Equal("PRUNE0009", Assert.Single(builder.ImportErrors()).Id);
    }

    [Fact]
    public void FunctionsThatMultiplyAreRefused()
    {
        OnnxBuilder builder = new OnnxBuilder().Input("x", 2).Node("f", "F0", ["x"], ["y"]).Output("y");
        for (int i = 0; i < 40; i++)
        {
            var function = new FunctionProto { Domain = "f", Name = $"F{i}" };
            function.Input.Add("a");
            function.Output.Add("c");
            function.Node.Add(OnnxBuilder.MakeNode("n", i == 39 ? "" : "f", i == 39 ? "Relu" : $"F{i + 1}", ["a"], ["b"]));
            function.Node.Add(OnnxBuilder.MakeNode("m", i == 39 ? "" : "f", i == 39 ? "Relu" : $"F{i + 1}", ["b"], ["c"]));
            builder.Model.Functions.Add(function);
        }

        Assert.Equal("PRUNE0009", Assert.Single(builder.ImportErrors()).Id);
    }

    private static OnnxBuilder Valid() => new OnnxBuilder(13)
        .Input("x", ElementType.Float32, "batch", 2)
        .Initializer("w", [2, 2], 1, -1, 2, 0.5f)
        .Node("Gemm", ["x", "w", "b"], ["h"], ("transB", 1), ("alpha", 0.5f))
        .Node("Constant", [], ["b"], ("value_floats", new[] { 1f, 2f }))
        .Node("Shape", ["h"], ["s"])
        .Node("ConstantOfShape", ["s"], ["c"], ("value", Tensor.Vector(3L)))
        .Node("Reshape", ["h", "c2"], ["r"])
        .Initializer("c2", 2L, -1L)
        .Node("Relu", ["r"], ["y"])
        .Output("y", ElementType.Float32, "batch", 2)
        .Output("c", ElementType.Int64);

    // True for a model; false for a diagnostic; anything else fails the test.
    private static bool Try(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("m.onnx"), bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            OnnxImporter.Load(folder.File("m.onnx"), new CompileOptions());
            return true;
        }
        catch (CompileException e)
        {
            Assert.DoesNotContain(e.Diagnostics, d => d.Id == "PRUNE0010");
            return false;
        }
        finally
        {
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1L << 30, Convert.ToHexString(bytes));
        }
    }

    private static string Error(string file) => Assert.Throws<CompileException>(() => OnnxImporter.Load(file, new CompileOptions())).Diagnostics.Single().Id;
}
