using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What QuantizeLinear and DequantizeLinear share: real = (quantised - zero point) * scale, per tensor, per index of an axis, or per block along an axis.</summary>
/// <remarks>Scale and zero point are first brought to shapes that broadcast (attribute "aligned"); then both operators are element-wise.</remarks>
public abstract class AffineQuantization(string domain) : ElementwiseOperator
{
    private const string Aligned = "aligned";

    /// <inheritdoc/>
    public override string Domain => domain;

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    protected override bool RequiresOneType => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        if (node.Attributes.Has(Aligned))
        {
            return base.Infer(node);
        }

        Shape x = node.Input(0).Shape;
        if (node.InputOrNull(2) is { } zero && zero.Shape.Count != node.Input(1).Shape.Count)
        {
            throw new OperatorException(node, $"the zero point is {zero.Shape} where the scale is {node.Input(1).Shape}");
        }

        return [new TensorType(ResultType(node), x)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        if (node.Attributes.Has(Aligned))
        {
            return null;
        }

        var inputs = new List<Value?> { node.Input(0), Align(node, graph, node.Input(1)) };
        if (node.InputOrNull(2) is { } zero)
        {
            inputs.Add(Align(node, graph, zero));
        }

        return [graph.Insert(node, node.Name, Name, inputs, node.Attributes.Clone().Set(Aligned, 1), domain: Domain, opset: node.Opset).Outputs[0]];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) =>
        node.Attributes.Has(Aligned) ? base.Evaluate(node, inputs) : FunctionOperator.EvaluateDecomposed(node, inputs);

    /// <summary>The shape in which scale and zero point broadcast to the input; null for blocks.</summary>
    protected static Shape? AlignedShape(Node node)
    {
        Shape x = node.Input(0).Shape, scale = node.Input(1).Shape;
        if (node.Attributes.Has(Aligned) || scale.Count == 1)
        {
            return scale.Count == 1 ? Shape.Scalar : scale;
        }

        int axis = (int)node.Attributes.Int("axis", 1);
        axis = axis < 0 ? axis + x.Rank : axis;
        if (node.Attributes.Int("block_size") > 0 || scale.Rank != 1 || axis < 0 || axis >= x.Rank || scale[0] != x[axis])
        {
            return null;
        }

        int[] dims = Enumerable.Repeat(1, x.Rank).ToArray();
        dims[axis] = scale[0];
        return new Shape(dims);
    }

    private static Value Align(Node node, Graph graph, Value parameter)
    {
        Shape x = node.Input(0).Shape, shape = parameter.Shape;
        if (shape.Count == 1)
        {
            return Reshape(node, graph, parameter, Shape.Scalar);
        }

        int axis = (int)node.Attributes.Int("axis", 1);
        axis = axis < 0 ? axis + x.Rank : axis;
        if (axis < 0 || axis >= x.Rank)
        {
            throw new OperatorException(node, $"axis {node.Attributes.Int("axis", 1)} is outside of the {x.Rank} axes of the input");
        }

        int block = (int)node.Attributes.Int("block_size");
        if (block > 0)
        {
            return Repeat(node, graph, parameter, axis, block);
        }

        if (shape.Rank != 1 || shape[0] != x[axis])
        {
            throw new OperatorException(node, $"a scale of shape {shape} fits neither the whole input of shape {x} nor its axis {axis}");
        }

        int[] dims = Enumerable.Repeat(1, x.Rank).ToArray();
        dims[axis] = shape[0];
        return Reshape(node, graph, parameter, new Shape(dims));
    }

    // One scale for each block of indices along the axis: every scale is repeated, the last block may be short.
    private static Value Repeat(Node node, Graph graph, Value parameter, int axis, int block)
    {
        Shape x = node.Input(0).Shape, shape = parameter.Shape;
        if (shape.Rank != x.Rank || shape.With(axis, x[axis]) != x || shape[axis] != (x[axis] + block - 1) / block)
        {
            throw new OperatorException(node, $"a scale of shape {shape} does not give one value for each {block} indices of axis {axis} of {x}");
        }

        int[] split = [.. shape.Dims[..(axis + 1)], 1, .. shape.Dims[(axis + 1)..]];
        Value wide = Reshape(node, graph, parameter, new Shape(split));
        split[axis + 1] = block;
        wide = graph.Insert(node, node.Name + "_repeat", "Expand", [wide, Int64s(graph, split)]).Outputs[0];
        wide = Reshape(node, graph, wide, shape.With(axis, shape[axis] * block));
        return wide.Shape == x ? wide : graph.Insert(node, node.Name + "_cut", "Slice", [wide, Int64s(graph, 0), Int64s(graph, x[axis]), Int64s(graph, axis)]).Outputs[0];
    }

    private static Value Reshape(Node node, Graph graph, Value value, Shape shape) => value.Shape == shape
        ? value
        : graph.Insert(node, node.Name + "_aligned", "Reshape", [value, Int64s(graph, shape.Dims.ToArray())]).Outputs[0];

    private static Value Int64s(Graph graph, params int[] values) =>
        graph.Constant("dims", Tensor.Vector<long>(Array.ConvertAll(values, v => (long)v)));
}
