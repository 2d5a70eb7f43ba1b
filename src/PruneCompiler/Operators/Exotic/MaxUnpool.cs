using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Undoes MaxPool by its indices: zero but where a maximum came from (ONNX MaxUnpool, opsets 9 to 22; output_shape is constant).</summary>
public sealed class MaxUnpool : Operator
{
    /// <inheritdoc/>
    public override string Name => "MaxUnpool";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        Rules.Indices(node, 1, only64: true);
        long[] kernel = node.Attributes.Ints("kernel_shape") ?? [];
        int spatial = kernel.Length;
        long[] strides = node.Attributes.Ints("strides") ?? Enumerable.Repeat(1L, spatial).ToArray(), pads = node.Attributes.Ints("pads") ?? new long[2 * spatial];
        if (node.Input(1).Shape != x || x.Rank != spatial + 2 || strides.Length != spatial || pads.Length != 2 * spatial)
        {
            throw new OperatorException(node, $"indices {node.Input(1).Shape}, kernel [{string.Join(", ", kernel)}], strides and pads do not fit {x}");
        }

        long[] sizes = node.InputOrNull(2) is null
            ? [x[0], x[1], .. Enumerable.Range(0, spatial).Select(i => checked(((x[i + 2] - 1) * strides[i]) + kernel[i] - pads[i] - pads[i + spatial]))]
            : node.RequireConstant(2, "output_shape").ToInt64Array();
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
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
}
