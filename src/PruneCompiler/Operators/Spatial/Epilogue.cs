using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What is fused behind a sum of products: v = slope * min(v, 0) + max(v, 0), then low &lt;= v &lt;= high.</summary>
/// <remarks>
/// Fusion passes keep it in attributes of the Conv, Gemm or MatMul node that no ONNX file has (fused_slope, fused_low, fused_high,
/// fused_name), so that the reference evaluation sees it also.
/// </remarks>
/// <param name="Low">Lower bound; negative infinity for none.</param>
/// <param name="High">Upper bound; positive infinity for none.</param>
/// <param name="Slope">LeakyRelu's slope; 1 for none.</param>
/// <param name="Name">For people: Relu, Clip, LeakyRelu; empty for none.</param>
public sealed record Epilogue(float Low, float High, float Slope, string Name)
{
    /// <summary>Nothing fused.</summary>
    public static Epilogue None { get; } = new(float.NegativeInfinity, float.PositiveInfinity, 1, "");

    /// <summary>True when values pass unchanged.</summary>
    public bool IsNone => float.IsNegativeInfinity(Low) && float.IsPositiveInfinity(High) && Slope == 1;

    /// <summary>The epilogue of a node.</summary>
    public static Epilogue Of(Node node) => new(
        node.Attributes.Float("fused_low", float.NegativeInfinity),
        node.Attributes.Float("fused_high", float.PositiveInfinity),
        node.Attributes.Float("fused_slope", 1),
        node.Attributes.Text("fused_name"));

    /// <summary>Stores the epilogue in a node.</summary>
    public void Store(Node node) =>
        node.Attributes.Set("fused_low", Low).Set("fused_high", High).Set("fused_slope", Slope).Set("fused_name", Name);

    /// <summary>Applies the epilogue; NaN stays NaN.</summary>
    public double Apply(double value)
    {
        value = value < 0 ? value * Slope : value;
        return value < Low ? Low : value > High ? High : value;
    }

    /// <summary>Applies the epilogue to all.</summary>
    public void Apply(Span<double> values)
    {
        if (IsNone)
        {
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Apply(values[i]);
        }
    }
}
