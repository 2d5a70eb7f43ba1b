namespace PruneCompiler.IR;

/// <summary>The integers that a constant was dequantised from: content = (whole - zero) * scale. Scale and zero point broadcast to the content's shape.</summary>
/// <param name="Whole">Integers as in the file, in the content's shape.</param>
/// <param name="Scale">float32.</param>
/// <param name="Zero">Of the type of <paramref name="Whole"/>; null for 0.</param>
public sealed record QuantizedOrigin(Tensor Whole, Tensor Scale, Tensor? Zero);
