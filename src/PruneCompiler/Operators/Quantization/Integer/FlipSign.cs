using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>int8 as uint8 with 128 added, or the way back: the same bytes but for the highest bit. Made by the optimiser, never read from a file.</summary>
public sealed class FlipSign : Operator
{
    /// <inheritdoc/>
    public override string Name => "FlipSign";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <summary>Adds such a node in front of another.</summary>
    public static Value Add(Graph graph, Node before, Value x) => graph.Insert(before, x.Name + "_flipped", "FlipSign", [x], domain: Narrow.OwnDomain).Outputs[0];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.Input(0).Type is ElementType.Int8 or ElementType.UInt8
        ? [new TensorType(node.Input(0).Type == ElementType.Int8 ? ElementType.UInt8 : ElementType.Int8, node.Input(0).Shape)]
        : throw new OperatorException(node, $"takes bytes, not {node.Input(0).Type.Text()}");

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) =>
        [new Tensor(node.Outputs[0].Type, inputs[0]!.Shape, Array.ConvertAll(inputs[0]!.Bytes, b => (byte)(b ^ 0x80)))];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage x = lowering.Read(node.Input(0)), y = lowering.Write(node.Outputs[0]);
        ByteSteps.Move(node, lowering, $"{node.Name}: the highest bit of each byte flipped, {node.Input(0).Type.Text()} to {node.Outputs[0].Type.Text()}.", x, y, 0x80);
    }
}
