using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Operators that keep the row-major order of the elements of input 0 and give it another shape: no work where the input is contiguous.</summary>
public abstract class ReshapeOperator : Operator
{
    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [inputs[0]!.Reshaped(node.Outputs[0].Shape)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value output = node.Outputs[0];
        Storage input = lowering.Read(node.Input(0));
        if (View.Of(input).Reshape(output.Shape) is not { } view)
        {
            input = lowering.ReadPlain(node, node.Input(0));
            view = View.Of(output.Shape);
        }

        lowering.Alias(node, output, view.On(input));
    }
}
