using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Undoes MaxPool by its indices: zero but where a maximum came from (ONNX MaxUnpool, opsets 9 to 22; output_shape is constant).</summary>
/// <remarks>
/// ONNX counts indices in the shape that follows from kernel, strides and pads, and output_shape adds zeros behind it. Indices from a MaxPool of the model count in
/// the shape of what was pooled, though; where that is the output_shape, they are places in the output.
/// </remarks>
public sealed class MaxUnpool : Operator
{
    // Set where the indices are places in the output.
    private const string Direct = "direct";

    /// <inheritdoc/>
    public override string Name => "MaxUnpool";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape natural = Natural(node);
        return [new TensorType(node.Input(0).Type, node.InputOrNull(2) is null ? natural : Rules.Shape(node, node.RequireConstant(2, "output_shape").ToInt64Array()))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        Shape natural = Natural(node), whole = node.Outputs[0].Shape;
        if (natural == whole || node.Attributes.Has(Direct))
        {
            return null;
        }

        var body = new FunctionBuilder(graph, node);
        if (node.Input(1).Producer is { Operator: MaxPool } pool && pool.Input(0).Shape == whole)
        {
            return [body.Add("MaxUnpool", node.Attributes.Clone().Set(Direct, 1), node.Input(0), node.Input(1), node.Input(2))];
        }

        if (whole.Rank != natural.Rank)
        {
            throw new OperatorException(node, $"output_shape {whole} does not fit {natural}");
        }

        long[] pads = new long[2 * whole.Rank];
        for (int i = 0; i < whole.Rank; i++)
        {
            pads[whole.Rank + i] = whole[i] - natural[i];
        }

        return [body.Add("Pad", body.Add("MaxUnpool", node.Attributes, node.Input(0), node.Input(1)), body.Integers(pads))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        if (Natural(node) != node.Outputs[0].Shape && !node.Attributes.Has(Direct))
        {
            return FunctionOperator.EvaluateDecomposed(node, inputs);
        }

        var y = new Tensor(node.Input(0).Type, node.Outputs[0].Shape);
        fixed (byte* x = inputs[0]!.Bytes, at = inputs[1]!.Bytes, to = y.Bytes)
        {
            Unpooling.Run(x, (long*)at, to, y.Type.Size(), inputs[0]!.Count, y.Count);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => lowering.Call(
        node,
        $"{node.Name}: MaxUnpool {node.Input(0).Shape} -> {node.Outputs[0].Shape}.",
        "Unpooling.Run",
        Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
        Arg.Pointer("indices", lowering.ReadPlain(node, node.Input(1))),
        Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
        Arg.Int("size", node.Input(0).Type.Size()),
        Arg.Int("count", node.Input(0).Shape.Count),
        Arg.Int("length", node.Outputs[0].Shape.Count));

    // The shape that kernel, strides and pads lead to.
    private static Shape Natural(Node node)
    {
        Shape x = node.Input(0).Shape;
        Rules.Indices(node, 1, only64: true);
        long[] kernel = node.Attributes.Ints("kernel_shape") ?? [];
        int spatial = kernel.Length;
        long[] strides = node.Attributes.Ints("strides") ?? Enumerable.Repeat(1L, spatial).ToArray(), pads = node.Attributes.Ints("pads") ?? new long[2 * spatial];
        return node.Input(1).Shape == x && x.Rank == spatial + 2 && strides.Length == spatial && pads.Length == 2 * spatial
            ? Rules.Shape(node, [x[0], x[1], .. Enumerable.Range(0, spatial).Select(i => checked(((x[i + 2] - 1) * strides[i]) + kernel[i] - pads[i] - pads[i + spatial]))])
            : throw new OperatorException(node, $"indices {node.Input(1).Shape}, kernel [{string.Join(", ", kernel)}], strides and pads do not fit {x}");
    }
}
