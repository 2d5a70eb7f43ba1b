using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>The same bits under another type of the same width (ONNX BitCast, opset 26).</summary>
public sealed class BitCast : Operator
{
    /// <inheritdoc/>
    public override string Name => "BitCast";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var to = (ElementType)node.Attributes.Int("to");
        ElementType from = node.Input(0).Type;
        return !Enum.IsDefined(to) || to is ElementType.Undefined or ElementType.String || to.Size() != from.Size()
            ? throw new OperatorException(node, $"{from.Text()} and {to} differ in width")
            : [new TensorType(to, node.Input(0).Shape)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [new Tensor(node.Outputs[0].Type, inputs[0]!.Shape, inputs[0]!.Bytes)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage from = lowering.ReadPlain(node, node.Input(0)), to = lowering.WritePlain(node, node.Outputs[0]);
        lowering.Call(
            node,
            $"{node.Name}: the bits of {node.Input(0).Type.Text()} as {to.Type.Text()}.",
            "BitCasts.Run",
            Arg.Pointer("from", from),
            Arg.Pointer("to", to),
            Arg.Int("bytes", from.Shape.Count * from.Type.Size()));
    }
}
