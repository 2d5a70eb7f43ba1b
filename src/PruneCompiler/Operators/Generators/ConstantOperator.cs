using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Operators whose result is known at compile time whenever its shape is: it becomes a table in the weights.</summary>
public abstract class ConstantOperator : Operator
{
    /// <summary>The result.</summary>
    protected abstract Tensor Compute(Node node);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Tensor result = Compute(node);
        return [new TensorType(result.Type, result.Shape)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [Compute(node)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Tensor result = Compute(node);
        lowering.Alias(node, node.Outputs[0], Storage.Plain(result.Type, result.Shape, lowering.Weights.Add(Emit.WeightsSection.Stream, result.Bytes)));
    }

    /// <summary>The element type that an attribute names by ONNX's number.</summary>
    /// <exception cref="OperatorException">It is no type that can hold numbers.</exception>
    protected static ElementType TypeAttribute(Node node, string name, ElementType otherwise)
    {
        var type = (ElementType)node.Attributes.Int(name, (long)otherwise);
        return NumberTypes.Has(type) || type is ElementType.Bool or ElementType.BFloat16 ? type : throw new OperatorException(node, $"{name} {type} is not supported");
    }

    /// <summary>A constant input of one element.</summary>
    protected static Tensor Single(Node node, int input, string what) =>
        node.RequireConstant(input, what) is { Count: 1 } one ? one : throw new OperatorException(node, $"{what} must be one number");
}
