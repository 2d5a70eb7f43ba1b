using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The size of a value that is only known after a run: its shape has the largest size possible along one axis.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Count">An int64 scalar: how many entries along the axis hold results. The others are zero where the value is made.</param>
public sealed record DynamicSize(int Axis, Value Count);

/// <summary>An operator whose outputs may have a size that depends on data (NonZero, Compress, Unique, NonMaxSuppression).</summary>
/// <remarks>Its last output, after all that ONNX defines, is the count, an int64 scalar.</remarks>
public interface IDataDependent
{
    /// <summary>Number of outputs that ONNX defines.</summary>
    int DefinedOutputs { get; }

    /// <summary>The axis of an output along which its size depends on data, or -1.</summary>
    int DynamicAxis(Node node, int output);
}

/// <summary>
/// Follows values whose size is only known at run time. Memory and loops have static sizes, so everything is computed up to the largest size possible;
/// operators that work entry by entry may stand between the value and the output, any other would mix entries that are not there into its result.
/// </summary>
public static class DynamicSizes
{
    /// <summary>Gives each node with a data-dependent size its count as a further output.</summary>
    public static void Expose(Graph graph)
    {
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is IDataDependent dependent && node.Outputs.Count <= dependent.DefinedOutputs)
            {
                for (int i = node.Outputs.Count; i <= dependent.DefinedOutputs; i++)
                {
                    node.AddOutput(new Value(graph.FreshName(node.Outputs[0].Name + (i < dependent.DefinedOutputs ? $"_unused{i}" : "_count"))));
                }

                node.Operator.InferTypes(node);
            }
        }
    }

    /// <summary>All values of dynamic size.</summary>
    /// <exception cref="OperatorException">An operator reads such a value and is not one that works entry by entry.</exception>
    public static IReadOnlyDictionary<Value, DynamicSize> Of(Graph graph)
    {
        var sizes = new Dictionary<Value, DynamicSize>();
        foreach (Node node in graph.Nodes)
        {
            foreach (Value? input in node.Inputs)
            {
                if (input is not null && sizes.TryGetValue(input, out DynamicSize? size))
                {
                    sizes[node.Outputs[0]] = new DynamicSize(Through(node, sizes), size.Count);
                }
            }

            if (node.Operator is IDataDependent dependent)
            {
                for (int i = 0; i < dependent.DefinedOutputs && i < node.Outputs.Count; i++)
                {
                    if (dependent.DynamicAxis(node, i) is >= 0 and int axis)
                    {
                        sizes[node.Outputs[i]] = new DynamicSize(axis, node.Outputs[^1]);
                    }
                }
            }
        }

        return sizes;
    }

    /// <summary>The entries that hold results.</summary>
    public static Tensor Trim(Tensor tensor, int axis, int count) => View.Of(tensor.Shape).Slice(axis, 0, 1, count).Read(tensor);

    // The dynamic axis of the output of a node that reads dynamic values.
    private static int Through(Node node, Dictionary<Value, DynamicSize> sizes)
    {
        Value[] dynamic = node.Inputs.Where(i => i is not null && sizes.ContainsKey(i)).Select(i => i!).Distinct().ToArray();
        int axis = sizes[dynamic[0]].Axis, rank = dynamic[0].Shape.Rank;
        int? result = node.Operator switch
        {
            _ when dynamic.Any(d => sizes[d].Count != sizes[dynamic[0]].Count) => null,
            ElementwiseOperator => Elementwise(node, sizes),
            _ when dynamic.Length > 1 => null,
            Transpose => Array.IndexOf(Transpose.Order(node), axis),
            ReshapeOperator => Reshaped(dynamic[0].Shape, node.Outputs[0].Shape, axis),
            Gather when node.Input(0) == dynamic[0] && Gather.Axis(node) != axis => axis + (axis > Gather.Axis(node) ? node.Input(1).Shape.Rank - 1 : 0),
            Gather when node.Input(1) == dynamic[0] && node.Input(0) != dynamic[0] => Gather.Axis(node) + axis,
            GatherND when node.Input(1) == dynamic[0] && node.Attributes.Int("batch_dims") == 0 && axis < rank - 1 => axis,
            Slice when Slice.Ranges(node).All(r => r.Axis != axis) => axis,
            _ => null,
        };
        return result ?? throw new OperatorException(node, $"reads '{dynamic[0].Name}', whose size is only known at run time (at most {dynamic[0].Shape}); only entry-wise operators and outputs may");
    }

    private static int? Elementwise(Node node, Dictionary<Value, DynamicSize> sizes)
    {
        int rank = node.Outputs[0].Shape.Rank;
        int[] fromEnd = node.Inputs.Where(i => i is not null && sizes.ContainsKey(i)).Select(i => i!.Shape.Rank - sizes[i].Axis).Distinct().ToArray();
        bool others = node.Inputs.Where(i => i is not null && !sizes.ContainsKey(i)).All(i => i!.Shape.Rank < fromEnd[0] || i.Shape[-fromEnd[0]] == 1);
        return fromEnd.Length == 1 && others ? rank - fromEnd[0] : null;
    }

    // Where an axis is after axes of size 1 came or went.
    private static int? Reshaped(Shape from, Shape to, int axis)
    {
        long before = new Shape(from.Dims[..axis]).Count;
        long product = 1;
        for (int i = 0; i < to.Rank; i++)
        {
            if (to[i] == from[axis] && product == before && (to[i] != 1 || i >= axis))
            {
                return i;
            }

            product *= to[i];
        }

        return null;
    }
}
