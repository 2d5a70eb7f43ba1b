using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Optimize;

public class FuseElementwiseTests
{
    [Fact]
    public void A_chain_becomes_one_node()
    {
        Graph graph = Optimised(new OnnxBuilder().Input("x", 4, 9).Input("b", 9).Node("Add", ["x", "b"], ["s"]).Node("Sigmoid", ["s"], ["g"]).Node("Mul", ["s", "g"], ["y"]).Output("y"));

        // s is read by the sigmoid and by the product; once these are one node, it is read by one.
        Node fused = Assert.Single(graph.Nodes);
        Assert.Equal("Add + Sigmoid + Mul", fused.Attributes.Text("label"));
        Assert.Equal(2, fused.Inputs.Count);
    }

    [Fact]
    public void A_value_that_is_an_output_stays() =>
        Assert.Equal(2, Optimised(new OnnxBuilder().Input("x", 4, 9).Node("Exp", ["x"], ["e"]).Node("Neg", ["e"], ["y"]).Output("e").Output("y")).Nodes.Count);

    [Fact]
    public void A_value_that_is_broadcast_is_computed_once() =>
        Assert.Equal(2, Optimised(new OnnxBuilder().Input("x", 4, 9).Input("b", 9).Node("Exp", ["b"], ["e"]).Node("Mul", ["x", "e"], ["y"]).Output("y")).Nodes.Count);

    [Fact]
    public void A_function_without_vector_form_does_not_take_it_from_others() =>
        Assert.Equal(2, Optimised(new OnnxBuilder().Input("x", 4, 9).Node("Exp", ["x"], ["e"]).Node("Sin", ["e"], ["y"]).Output("y")).Nodes.Count);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_networks_of_element_wise_operators_agree(int seed)
    {
        var random = new Random(seed);
        int[][] shapes = [[3, 4, 19], [19], [4, 1], [3, 1, 19], [1]];
        string[] unary = ["Relu", "Sigmoid", "Tanh", "Exp", "Neg", "Abs", "LeakyRelu", "Elu", "HardSwish", "Gelu", "Floor", "Softplus"], binary = ["Add", "Sub", "Mul", "Max", "Min", "PRelu", "Less"];
        var model = new OnnxBuilder(20);
        var values = new List<string>();
        for (int i = 0; i < shapes.Length; i++)
        {
            model.Input($"x{i}", shapes[i]);
            values.Add($"x{i}");
        }

        for (int i = 0; i < 14; i++)
        {
            string a = values[random.Next(values.Count)], b = values[random.Next(values.Count)], y = $"y{i}", name = binary[random.Next(binary.Length)];
            if (random.Next(2) == 0)
            {
                model.Node(unary[random.Next(unary.Length)], [a], [y]);
            }
            else if (name == "Less")
            {
                model.Node("Less", [a, b], [y + "c"]).Node("Where", [y + "c", a, b], [y]);
            }
            else if (name == "PRelu")
            {
                model.Node("PRelu", ["x0", b], [y]);
            }
            else
            {
                model.Node(name, [a, b], [y]);
            }

            values.Add(y);
        }

        // A bounded sum of all, so that nothing is left out and nothing overflows.
        foreach (string value in values)
        {
            model.Node("Tanh", [value], [value + "t"]);
        }

        Differential.Check(model.Node("Sum", [.. values.Select(v => v + "t")], ["y"]).Output("y"), 1e-4);
    }

    private static Graph Optimised(OnnxBuilder model)
    {
        Graph graph = model.Import().Graph;
        Optimizer.Run(graph);
        return graph;
    }
}
