using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Operators whose every output is a strided look at input 0.</summary>
public abstract class ViewOperator : Operator
{
    /// <summary>What output <paramref name="output"/> sees of input 0.</summary>
    protected abstract View Look(Node node, int output, View input);

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) =>
        Enumerable.Range(0, node.Outputs.Count).Select(i => Look(node, i, View.Of(inputs[0]!.Shape)).Read(inputs[0]!)).ToArray();

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage input = lowering.Read(node.Input(0));
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Value output = node.Outputs[i];
            View view = Look(node, i, View.Of(input));
            if (view.IsCheap || (output.Type is ElementType.UInt8 or ElementType.Int8 && view.HasPixels))
            {
                lowering.Alias(node, output, view.On(input));
            }
            else
            {
                lowering.Copy(node, $"{node.Name}: {Name} {node.Input(0).Shape} -> {output.Shape}, copied with other strides.", view.On(input), lowering.Write(output));
            }
        }
    }
}
