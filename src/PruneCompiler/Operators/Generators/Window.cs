using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Cosine windows a0 - a1 cos(2πi / N) + a2 cos(4πi / N) of constant size (ONNX HannWindow, HammingWindow, BlackmanWindow, opset 17).</summary>
/// <remarks>N is the size, or size - 1 with periodic = 0.</remarks>
public sealed class Window(string name, double a0, double a1, double a2) : ConstantOperator
{
    /// <summary>sin², the raised cosine.</summary>
    public static Window Hann { get; } = new("HannWindow", 0.5, 0.5, 0);

    /// <summary>The raised cosine that cancels the first side lobe, with ONNX's coefficients.</summary>
    public static Window Hamming { get; } = new("HammingWindow", 25.0 / 46, 21.0 / 46, 0);

    /// <summary>Three cosine terms.</summary>
    public static Window Blackman { get; } = new("BlackmanWindow", 0.42, 0.5, 0.08);

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    protected override Tensor Compute(Node node)
    {
        long size = Single(node, 0, "size").GetInt64(0);
        var result = new Tensor(TypeAttribute(node, "output_datatype", ElementType.Float32), Rules.Shape(node, size));
        long period = node.Attributes.Int("periodic", 1) != 0 ? size : size - 1;
        for (int i = 0; i < size; i++)
        {
            double x = period == 0 ? 0 : 2 * Math.PI * i / period;
            Numbers.WriteFloat(result, i, a0 - (a1 * Math.Cos(x)) + (a2 * Math.Cos(2 * x)));
        }

        return result;
    }
}
