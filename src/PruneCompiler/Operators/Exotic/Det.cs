using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The determinants of the square matrices in the last two axes (ONNX Det, opsets 11 and 22).</summary>
public sealed class Det : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "Det";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 2);
        Shape x = node.Input(0).Shape;
        return x[-1] == x[-2] ? [new TensorType(node.Input(0).Type, new Shape(x.Dims[..^2]))] : throw new OperatorException(node, $"the matrices of {x} are not square");
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        int n = node.Input(0).Shape[-1];
        fixed (float* from = inputs[0]!.As<float>(), to = y.As<float>())
        fixed (double* work = new double[n * n])
        {
            Determinants.Run(from, to, work, y.Count, n);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        int n = node.Input(0).Shape[-1];
        lowering.Call(
            node,
            $"{node.Name}: Det of {node.Outputs[0].Shape.Count} matrices of {n} x {n}.",
            "Determinants.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("work", ElementType.Float64, lowering.ScratchElements(node.Name + " work", ElementType.Float64, (long)n * n)),
            Arg.Int("batch", node.Outputs[0].Shape.Count),
            Arg.Int("n", n));
    }
}
