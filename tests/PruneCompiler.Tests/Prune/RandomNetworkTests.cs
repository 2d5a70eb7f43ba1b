using PruneCompiler.Analyze;
using PruneCompiler.Cli.Files;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>The analysis against brute force: evaluate with other inputs, evaluate with a channel disturbed, and see what changes.</summary>
public sealed class RandomNetworkTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Pruning_keeps_the_outputs_and_exactly_the_channels_that_matter(int seed)
    {
        OnnxBuilder model = RandomNetwork.Make(seed);
        PruneCheck check = PruneCheck.Run(model, 1e-4);
        Graph graph = check.Before;
        Dictionary<string, Tensor>[] inputs = [.. Enumerable.Range(10, 3).Select(s => Inputs(graph, s))];
        Dictionary<Value, Tensor>[] runs = [.. inputs.Select(i => Values(graph, i, null, 0))];
        foreach (Node node in graph.Nodes.Where(n => n.Operator.Name is "Conv" or "Gemm"))
        {
            Value value = node.Outputs[0];
            int expected = Enumerable.Range(0, value.Shape[1]).Count(c => Matters(graph, inputs[0], runs, value, c));
            if (node.Attributes.Int("group", 1) > 1)
            {
                continue; // groups of unequal sizes are filled up with channels of zero weights
            }

            Node? left = check.After.Nodes.SingleOrDefault(n => n.Name == node.Name && n.Operator == node.Operator);
            Assert.True((left?.Outputs[0].Shape[1] ?? 0) == expected, $"{node} has {value.Shape} channels, {expected} of them matter, and {left?.Outputs[0].Shape[1] ?? 0} are left\n{PruneCheck.Print(graph)}\n{PruneCheck.Print(check.After)}");
        }
    }

    [Theory]
    [MemberData(nameof(Shares))]
    public void Generated_code_multiplies_exactly_as_often_as_it_must(int seed, double dead)
    {
        OnnxBuilder model = RandomNetwork.Make(seed, dead);
        ChannelCheck.Executed(model); // and gives what ONNX Runtime gives
        using var folder = new TemporaryFolder();
        var rows = ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions()).Plan.Layers.ToDictionary(r => r.Name, r => r.MacsAfter);
        Graph graph = model.Import().Graph;
        Dictionary<string, Tensor>[] inputs = [.. Enumerable.Range(10, 3).Select(s => Inputs(graph, s))];
        Dictionary<Value, Tensor>[] runs = [.. inputs.Select(i => Values(graph, i, null, 0))];
        foreach (Node node in graph.Nodes.Where(n => n.Operator.Name == "Conv" && n.Outputs[0].Shape.Dims[2..].IndexOfAnyExcept(1) >= 0))
        {
            // A weight is multiplied with when it is not zero, its input varies, and its output matters.
            Value value = node.Outputs[0];
            Shape w = node.Input(1).Shape;
            ReadOnlySpan<float> weights = node.ConstantInput(1)!.As<float>();
            int group = (int)node.Attributes.Int("group", 1), taps = w[2] * w[3];
            bool[] varies = [.. Enumerable.Range(0, node.Input(0).Shape[1]).Select(c => graph.Inputs.Contains(node.Input(0)) || !IsConstant(runs, node.Input(0), c))];
            long expected = 0;
            for (int o = 0; o < w[0]; o++)
            {
                if (Matters(graph, inputs[0], runs, value, o))
                {
                    for (int i = 0; i < w[1]; i++)
                    {
                        ReadOnlySpan<float> kernel = weights.Slice(((o * w[1]) + i) * taps, taps);
                        expected += varies[(o / (w[0] / group) * w[1]) + i] ? taps - kernel.Count(0f) : 0;
                    }
                }
            }

            expected *= value.Shape.Count / value.Shape[1];
            Assert.True(rows[node.Name] == expected, $"{node} executes {rows[node.Name]} multiply-adds where {expected} are needed\n{PruneCheck.Print(graph)}");
        }
    }

    public static TheoryData<int, double> Shares
    {
        get
        {
            var data = new TheoryData<int, double>();
            double[] shares = [0, 0.25, 0.5, 0.75, 0.9, 0.99];
            for (int i = 0; i < 36; i++)
            {
                data.Add(200 + i, shares[i % shares.Length]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_said_to_be_known_is_the_same_for_every_input(int seed)
    {
        Graph graph = RandomNetwork.Make(seed).Import().Graph;
        FactTable facts = ChannelAnalysis.Run(graph).Values;
        foreach ((Value value, Tensor tensor) in Values(graph, Inputs(graph, 99), null, 0))
        {
            ValueFacts fact = facts[value];
            if (!fact.Known.Any)
            {
                continue;
            }

            bool[] known = fact.Known.Expand(value.Shape.Dims);
            Tensor content = TensorSlices.Expand(fact.Content!, value.Shape.Dims);
            for (int i = 0; i < known.Length; i++)
            {
                Assert.True(!known[i] || Math.Abs(content.GetDouble(i) - tensor.GetDouble(i)) < 1e-5, $"{value} element {i} is {tensor.GetDouble(i)}, not {content.GetDouble(i)}");
            }
        }
    }

    private static Dictionary<string, Tensor> Inputs(Graph graph, int seed)
    {
        var random = new Random(seed);
        return graph.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
    }

    /// <summary>A channel matters when it is not the same for all inputs, and the outputs change when it is disturbed.</summary>
    private static bool Matters(Graph graph, Dictionary<string, Tensor> inputs, Dictionary<Value, Tensor>[] runs, Value value, int channel)
    {
        if (IsConstant(runs, value, channel))
        {
            return false;
        }

        Dictionary<Value, Tensor> disturbed = Values(graph, inputs, value, channel);
        return graph.Outputs.Any(o => !runs[0][o].ContentEquals(disturbed[o]));
    }

    private static bool IsConstant(Dictionary<Value, Tensor>[] runs, Value value, int channel)
    {
        int plane = (int)(value.Shape.Count / value.Shape[1]);
        float[] first = runs[0][value].As<float>().Slice(channel * plane, plane).ToArray();
        return runs.All(r => r[value].As<float>().Slice(channel * plane, plane).SequenceEqual(first));
    }

    private static Dictionary<Value, Tensor> Values(Graph graph, Dictionary<string, Tensor> inputs, Value? disturbed, int channel)
    {
        var values = new Dictionary<Value, Tensor>();
        ReferenceEvaluator.Run(graph, inputs, (value, tensor) =>
        {
            if (value == disturbed)
            {
                int plane = tensor.Count / tensor.Shape[1];
                foreach (ref float x in tensor.As<float>().Slice(channel * plane, plane))
                {
                    x += 0.37f;
                }
            }

            values[value] = tensor;
        });
        return values;
    }
}
