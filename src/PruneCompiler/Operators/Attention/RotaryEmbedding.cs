using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// Rotates pairs of features by angles that depend on the position (ONNX RotaryEmbedding, opset 23; Su et al., "RoFormer", 2021). Inputs: x as [batch, heads, length, size] or
/// [batch, length, heads * size], cosines and sines, optional position_ids [batch, length] that look them up. A function of simpler operators.
/// </summary>
public sealed class RotaryEmbedding() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "RotaryEmbedding";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        long heads = node.Attributes.Int("num_heads");
        return x.Rank == 4 || (x.Rank == 3 && heads > 0 && x[2] % heads == 0)
            ? [node.Input(0).TensorType]
            : throw new OperatorException(node, $"{x} has neither 4 axes nor 3 that num_heads = {heads} divides");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value input = node.Input(0);

        // [batch, length, heads, size] from here on.
        Value x = input.Shape.Rank == 4 ? f.Transpose(input, 0, 2, 1, 3)
            : f.Reshape(input, input.Shape[0], input.Shape[1], (int)node.Attributes.Int("num_heads"), input.Shape[2] / (int)node.Attributes.Int("num_heads"));
        int size = x.Shape[3], rotated = (int)node.Attributes.Int("rotary_embedding_dim");
        rotated = rotated == 0 ? size : rotated;
        if (rotated > size || rotated % 2 != 0)
        {
            throw new OperatorException(node, $"rotary_embedding_dim = {rotated} is odd or more than the {size} features of a head");
        }

        Value cosine = Angles(f, node, node.Input(1), rotated / 2), sine = Angles(f, node, node.Input(2), rotated / 2);
        bool interleaved = node.Attributes.Int("interleaved") != 0;
        Value first = interleaved ? Features(f, x, 0, rotated, 2) : Features(f, x, 0, rotated / 2, 1);
        Value second = interleaved ? Features(f, x, 1, rotated, 2) : Features(f, x, rotated / 2, rotated, 1);
        Value real = f.Add("Sub", f.Add("Mul", cosine, first), f.Add("Mul", sine, second));
        Value imaginary = f.Add("Add", f.Add("Mul", sine, first), f.Add("Mul", cosine, second));
        Value turned;
        if (interleaved)
        {
            Attributes last = new Attributes().Set("axis", -1);
            turned = f.Add("Concat", last, f.Add("Unsqueeze", real, f.Integers(-1)), f.Add("Unsqueeze", imaginary, f.Integers(-1)));
            turned = f.Reshape(turned, x.Shape[0], x.Shape[1], x.Shape[2], rotated);
        }
        else
        {
            turned = f.Add("Concat", new Attributes().Set("axis", -1), real, imaginary);
        }

        Value all = rotated == size ? turned : f.Add("Concat", new Attributes().Set("axis", -1), turned, Features(f, x, rotated, size, 1));
        return [input.Shape.Rank == 4 ? f.Transpose(all, 0, 2, 1, 3) : f.Reshape(all, input.Shape.Dims)];
    }

    // [batch, length, 1, half]
    private static Value Angles(FunctionBuilder f, Node node, Value table, int half)
    {
        Value rows = node.InputOrNull(3) is { } positions ? f.Add("Gather", new Attributes().Set("axis", 0), table, positions) : table;
        return f.Add("Unsqueeze", Features(f, rows, 0, half, 1), f.Integers(2));
    }

    private static Value Features(FunctionBuilder f, Value x, int start, int end, int step) =>
        start == 0 && end == x.Shape[-1] && step == 1 ? x : f.Add("Slice", x, f.Integers(start), f.Integers(end), f.Integers(-1), f.Integers(step));
}
