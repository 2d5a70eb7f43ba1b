using System.Globalization;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Optimize;

/// <summary>
/// Layers whose weights are the product of two smaller matrices, stored multiplied out, become two layers: a k x k convolution to as many channels as the rank and a 1 x 1
/// convolution behind it, or two matrix products. Only where the product of the factors is the stored matrix up to float rounding, and where both together are predicted to
/// take less time than the best strategy for the layer as it is stored.
/// </summary>
internal static class FactorLowRank
{
    /// <summary>Name among strategies that can be left out.</summary>
    public const string Name = "low rank";

    // Attributes of the two layers that no file has: their rank, and why there are two.
    private const string FirstAttribute = "rank_of_first_factor";
    private const string SecondAttribute = "rank_of_second_factor";
    private const string ReasonAttribute = "reason_of_factors";

    // The two layers must win by more than the model's error.
    private const double Margin = 1.1;

    /// <summary>True for the first of two layers, which has no counterpart in the model.</summary>
    public static bool IsFirst(Node node) => node.Attributes.Has(FirstAttribute);

    /// <summary>What such a layer is, for people; empty for others.</summary>
    public static string Title(Node node) =>
        IsFirst(node) ? $", first factor of rank {node.Attributes.Int(FirstAttribute)}"
        : node.Attributes.Has(SecondAttribute) ? $", second factor of rank {node.Attributes.Int(SecondAttribute)}"
        : "";

    /// <summary>Why there are two layers, to follow the reason for the strategy of either; empty for others.</summary>
    public static string Reason(Node node) => node.Attributes.Text(ReasonAttribute);

    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph, CompileOptions options)
    {
        if (options.DenseOnly || options.Without.Contains(Name))
        {
            return;
        }

        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is Conv or Gemm or MatMul && GraphEdits.IsLinear(node) && node.Input(0).Type == ElementType.Float32 && node.Input(0).Constant is null
                && node.ConstantInput(1) is { Count: > 0, Shape.Rank: >= 2 } weights && (node.Operator is Conv ? node.Attributes.Int("group", 1) == 1 : weights.Shape.Rank == 2))
            {
                TryFactor(graph, node, weights, options);
            }
        }
    }

    private static void TryFactor(Graph graph, Node node, Tensor weights, CompileOptions options)
    {
        float[] values = weights.As<float>().ToArray();
        Shape shape = weights.Shape;
        bool isConv = node.Operator is Conv, inRows = isConv || (node.Operator is Gemm && node.Attributes.Int("transB") != 0);
        if (values.All(v => v == MathF.Round(v)))
        {
            return; // whole numbers are those of quantised layers, whose sums must stay exact
        }

        // A row for each output.
        int outputs = shape[inRows ? 0 : 1], inputs = (int)(weights.Count / outputs);
        if (LowRank.Find(inRows ? values : MatrixReference.Transpose(values, inputs, outputs), outputs, inputs) is not { } factors || LayerCost.Of(node, options) is not [var whole, ..])
        {
            return;
        }

        (Node first, Node second) = Insert(graph, node, factors, shape, inRows);
        Value middle = first.Outputs[0];
        double cycles = Dense(first) + Dense(second) + options.Target.Stream(2.0 * sizeof(float) * middle.Shape.Count); // what the first writes, the second reads
        if (!(cycles * Margin < whole.Cycles))
        {
            graph.Remove(second);
            graph.Remove(first);
            return;
        }

        string reason = string.Create(CultureInfo.InvariantCulture, $"; weights of rank {factors.Rank} stored full: two factors predicted {whole.Cycles / cycles:0.0#}x over {whole.Strategy}");
        first.Attributes.Set(ReasonAttribute, reason);
        second.Attributes.Set(ReasonAttribute, reason);
        graph.Replace(node.Outputs[0], second.Outputs[0]);
        graph.Remove(node);

        double Dense(Node factor) => LayerCost.Of(factor, options).FirstOrDefault(p => p.IsDense)?.Cycles ?? double.PositiveInfinity;
    }

    private static (Node First, Node Second) Insert(Graph graph, Node node, LowRank factors, Shape shape, bool inRows)
    {
        int rank = factors.Rank, outputs = factors.Left.Length / rank, inputs = factors.Right.Length / rank;
        float[] Oriented(float[] matrix, int rows, int columns) => inRows ? matrix : MatrixReference.Transpose(matrix, rows, columns);
        Shape Sizes(int rows, int columns) => inRows ? new Shape(rows, columns) : new Shape(columns, rows);
        bool isConv = node.Operator is Conv;
        Shape first = isConv ? shape.With(0, rank) : Sizes(rank, inputs), second = isConv ? new Shape([outputs, rank, .. Enumerable.Repeat(1, shape.Rank - 2)]) : Sizes(outputs, rank);
        Value right = graph.Constant(node.Input(1).Name + " right", Tensor.Of<float>(first, Oriented(factors.Right, rank, inputs)));
        Value left = graph.Constant(node.Input(1).Name + " left", Tensor.Of<float>(second, Oriented(factors.Left, outputs, rank)));

        // The first layer keeps pads, strides and transA, the second one what comes after the sum.
        Attributes before = node.Attributes.Clone().Set(FirstAttribute, (long)rank), after = new Attributes().Set(SecondAttribute, (long)rank);
        if (node.Operator is Gemm)
        {
            before.Set("alpha", 1f);
            after.Set("transB", node.Attributes.Int("transB")).Set("alpha", node.Attributes.Float("alpha", 1)).Set("beta", node.Attributes.Float("beta", 1));
        }

        Node firstNode = graph.Insert(node, node.Name + " first factor", node.Operator.Name, [node.Input(0), right], before);
        Node secondNode = graph.Insert(node, node.Name, node.Operator.Name, [firstNode.Outputs[0], left, .. node.Inputs.Skip(2)], after);
        return secondNode.Outputs[0].Shape == node.Outputs[0].Shape
            ? (firstNode, secondNode)
            : throw new InvalidOperationException($"'{node.Name}': factored to shape {secondNode.Outputs[0].Shape} instead of {node.Outputs[0].Shape}");
    }
}
