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
        int plane = (int)(value.Shape.Count / value.Shape[1]);
        ReadOnlySpan<float> first = runs[0][value].As<float>().Slice(channel * plane, plane);
        bool constant = true;
        foreach (Dictionary<Value, Tensor> run in runs)
        {
            ReadOnlySpan<float> other = run[value].As<float>().Slice(channel * plane, plane);
            for (int i = 0; i < plane; i++)
            {
                constant &= first[i] == other[i];
            }
        }

        if (constant)
        {
            return false;
        }

        Dictionary<Value, Tensor> disturbed = Values(graph, inputs, value, channel);
        return graph.Outputs.Any(o => !runs[0][o].ContentEquals(disturbed[o]));
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
