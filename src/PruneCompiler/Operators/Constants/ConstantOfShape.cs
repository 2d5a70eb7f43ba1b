using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>A tensor of a given shape filled with one value, by default float 0 (ONNX ConstantOfShape, opsets 9 to 25).</summary>
public sealed class ConstantOfShape : Operator
{
    /// <inheritdoc/>
    public override string Name => "ConstantOfShape";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        long[] dims = node.RequireConstant(0, "the shape").ToInt64Array();
        if (dims.Any(d => d < 0))
        {
            throw new OperatorException(node, $"the shape {string.Join('x', dims)} has a negative dimension");
        }

        return [new TensorType(Fill(node).Type, new Shape(Array.ConvertAll(dims, d => checked((int)d))))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor fill = Fill(node);
        var result = new Tensor(fill.Type, node.Outputs[0].Shape);
        for (int at = 0; at < result.Bytes.Length; at += fill.Bytes.Length)
        {
            fill.Bytes.CopyTo(result.Bytes, at);
        }

        return [result];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage fill = lowering.Constant(Fill(node)), output = lowering.Write(node.Outputs[0]);
        lowering.Copy(node, $"{node.Name}: fills {output.Shape} with one value.", fill with { Shape = output.Shape, Strides = new long[output.Shape.Rank] }, output);
    }

    private static Tensor Fill(Node node)
    {
        Tensor fill = node.Attributes.Tensor("value") ?? Tensor.Vector(0f);
        return fill.Count == 1 ? fill.Reshaped(Shape.Scalar) : throw new OperatorException(node, $"the value must be one element, not {fill.Shape}");
    }
}
