using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Networks in 8 bits against ONNX Runtime with all its optimisations, which makes integer layers of them too.</summary>
public class QuantizedNetworkTests
{
    public static TheoryData<int, bool> Networks
    {
        get
        {
            var data = new TheoryData<int, bool>();
            for (int seed = 0; seed < 16; seed++)
            {
                data.Add(seed, seed % 2 == 1);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_way_of_compiling_gives_the_bytes_of_the_reference_and_ONNX_Runtime_those_within_a_step(int seed, bool operators)
    {
        OnnxBuilder model = QuantizedNetwork.Convolutional(seed, operators);
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => RandomBytes(i.TensorType, seed));
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
            Tensor[] actual = net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList());
            Differential.Compare(name, expected, actual, 0, reference);
            Differential.Compare($"{name}, second run", expected, net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList()), 0, reference);
        }

        Tensor[] oracle = OnnxRuntimeOracle.Run(model.ToBytes(), given, optimized: true);
        for (int i = 0; i < oracle[0].Count; i++)
        {
            Assert.InRange(expected[0].GetInt64(i), oracle[0].GetInt64(i) - 1, oracle[0].GetInt64(i) + 1);
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public void Layers_of_quantised_networks_become_integer_products(int seed, bool operators)
    {
        using var folder = new TemporaryFolder();
        Graph graph = OnnxImporter.Load(QuantizedNetwork.Convolutional(seed, operators).Save(folder.File("net.onnx")), new CompileOptions()).Graph;
        Optimizer.Run(graph);
        Assert.Equal(5, graph.Nodes.Count(n => n.Operator is IntegerProduct));
        Assert.DoesNotContain(graph.Nodes, n => n.Operator is Conv or MatMul or Gemm);
    }

    internal static Tensor RandomBytes(TensorType type, int seed)
    {
        var tensor = new Tensor(type.Type, type.Shape);
        new Random(seed).NextBytes(tensor.Bytes);
        return tensor;
    }
}
