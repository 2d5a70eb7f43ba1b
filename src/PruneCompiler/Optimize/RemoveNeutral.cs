using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Removes nodes that pass their input on: Identity, products and sums with a neutral constant, movements that move nothing, layers of identity weights, bounds that hold anyway.</summary>
internal static class RemoveNeutral
{
    /// <summary>Edits the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="removed">Told of each node that goes, with what takes its place.</param>
    public static void Run(Graph graph, Action<Node, string>? removed = null)
    {
        var ranges = new ValueRanges();
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Outputs.Skip(1).Any(o => o.Uses.Count > 0 || graph.Outputs.Contains(o)))
            {
                continue;
            }

            if ((Passed(node) ?? IdentityLayers.Passed(node) ?? Within(node, ranges)) is { } value && value.TensorType == node.Outputs[0].TensorType)
            {
                removed?.Invoke(node, "it passes its input on as it is");
                graph.Replace(node.Outputs[0], value);
                graph.Remove(node);
            }
            else if (node.Operator is Clip && node.Input(0).Producer is { Operator: Relu } relu && Clip.ConstantBounds(node) is var (low, high) && low >= 0 && high >= low)
            {
                node.SetInput(0, relu.Input(0)); // the lower bound does what Relu did
            }
            else if (node.Operator is Transpose && KeepsOrder(node))
            {
                Value shape = graph.Constant(node.Name + " shape", Tensor.Vector<long>(Array.ConvertAll(node.Outputs[0].Shape.Dims.ToArray(), d => (long)d)));
                graph.Replace(node.Outputs[0], graph.Insert(node, node.Name, "Reshape", [node.Input(0), shape], new Attributes().Set("allowzero", 1L)).Outputs[0]);
                graph.Remove(node);
            }
        }

        graph.RemoveUnread();
    }

    private static Value? Passed(Node node) => node.Operator switch
    {
        Identity => node.Input(0),
        Add when IsAll(node.ConstantInput(1), 0) => node.Input(0),
        Add when IsAll(node.ConstantInput(0), 0) => node.Input(1),
        Sub when IsAll(node.ConstantInput(1), 0) => node.Input(0),
        Mul when IsAll(node.ConstantInput(1), 1) => node.Input(0),
        Mul when IsAll(node.ConstantInput(0), 1) => node.Input(1),
        Div when IsAll(node.ConstantInput(1), 1) => node.Input(0),
        Pow when IsAll(node.ConstantInput(1), 1) => node.Input(0),
        ReshapeOperator or Expand or Tile or CenterCropPad or Cast => node.Input(0), // where the type stays, so does every element
        Concat or Sum or Max or Min or Mean when node.Inputs.Count == 1 => node.Input(0),
        Split when node.Outputs.Count == 1 => node.Input(0),
        Transpose when Transpose.Order(node).SequenceEqual(Enumerable.Range(0, node.Input(0).Shape.Rank)) => node.Input(0),
        Slice when Slice.Ranges(node).All(r => r.Step > 0) => node.Input(0),
        Pad when Pad.Amounts(node) is var (before, after) && before.All(p => p == 0) && after.All(p => p == 0) => node.Input(0),
        DepthToSpace or SpaceToDepth when node.Attributes.Int("blocksize") == 1 => node.Input(0),
        Resize when node.Attributes.Text("mode", "nearest") is "nearest" or "linear" && node.Attributes.Text("coordinate_transformation_mode") != "tf_crop_and_resize"
            && node.Inputs.Skip(1).All(i => i is null or { Constant.Count: 0 } || (i.Constant is { } c && (c.Type == ElementType.Int64 || IsAll(c, 1)))) => node.Input(0),
        GlobalAveragePool or GlobalMaxPool => node.Input(0), // of one pixel
        ReduceMean or ReduceSum or ReduceMax or ReduceMin or ReduceProd => node.Input(0), // of axes of size 1
        AveragePool or MaxPool when SpatialWindow.OfPool(node, node.Input(0).Shape) is var w && w.Taps == 1 && w.PadsBegin.Concat(w.PadsEnd).All(p => p == 0) => node.Input(0),
        Gather when node.ConstantInput(1) is { Shape.Rank: 1 } indices && indices.ToInt64Array().Select((v, i) => v == i).All(same => same) => node.Input(0),
        _ => null,
    };

    /// <summary>The operand of a bound that the operand keeps anyway.</summary>
    private static Value? Within(Node node, ValueRanges ranges)
    {
        if (node.Operator.Domain.Length > 0 || node.Inputs.Count == 0 || !node.Outputs[0].Type.IsFloat())
        {
            return null;
        }

        switch (node.Operator)
        {
            case Relu or Abs or LeakyRelu or PRelu or Elu or Celu when ranges.Of(node.Input(0)).Low >= 0:
                return node.Input(0);
            case Clip when Clip.ConstantBounds(node) is var (low, high) && ranges.Of(node.Input(0)) is var inside && inside.Low >= low && inside.High <= high:
                return node.Input(0);
            case Max when node.Inputs.Count == 2:
                return node.ConstantInput(1) is not null && ranges.Of(node.Input(0)).Low >= ranges.Of(node.Input(1)).High ? node.Input(0)
                    : node.ConstantInput(0) is not null && ranges.Of(node.Input(1)).Low >= ranges.Of(node.Input(0)).High ? node.Input(1) : null;
            case Min when node.Inputs.Count == 2:
                return node.ConstantInput(1) is not null && ranges.Of(node.Input(0)).High <= ranges.Of(node.Input(1)).Low ? node.Input(0)
                    : node.ConstantInput(0) is not null && ranges.Of(node.Input(1)).High <= ranges.Of(node.Input(0)).Low ? node.Input(1) : null;
            default:
                return null;
        }
    }

    /// <summary>True when a transposition moves axes of size 1 only, so that every element stays where it is in memory.</summary>
    private static bool KeepsOrder(Node node)
    {
        int[] moved = Transpose.Order(node).Where(a => node.Input(0).Shape[a] != 1).ToArray();
        return moved.Order().SequenceEqual(moved);
    }

    private static bool IsAll(Tensor? constant, double value)
    {
        for (int i = 0; i < (constant?.Count ?? 0); i++)
        {
            if (Numbers.ReadFloat(constant!, i) != value)
            {
                return false;
            }
        }

        return constant is { Count: > 0 };
    }
}
