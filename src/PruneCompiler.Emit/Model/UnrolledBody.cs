using System.Collections.Generic;

namespace PruneCompiler.Emit;

/// <summary>
/// A tiny convolution as straight-line code: for every row and every vector of its pixels, each kept weight is one multiply-add with the weight as a literal.
/// </summary>
/// <param name="Input">Origin of the input panel; tap offsets are relative to it.</param>
/// <param name="Output">Origin of the output panel.</param>
/// <param name="Mask">One bit pattern per pixel of a row (junk columns become zero), or null.</param>
/// <param name="Rows">Output rows.</param>
/// <param name="Width">Pixels of a row.</param>
/// <param name="StoredWidth">Pixels that are stored, a multiple of 16: zeros beyond the width.</param>
/// <param name="InputRow">Elements from one output row's input to the next one's.</param>
/// <param name="OutputRow">Elements from one output row to the next.</param>
/// <param name="Low">Lower bound of the activation.</param>
/// <param name="High">Upper bound of the activation.</param>
/// <param name="Slope">LeakyRelu's slope; 1 for none.</param>
/// <param name="Channels">The output channels.</param>
public sealed record UnrolledBody(
    Place Input,
    Place Output,
    Place? Mask,
    int Rows,
    int Width,
    int StoredWidth,
    long InputRow,
    long OutputRow,
    float Low,
    float High,
    float Slope,
    IReadOnlyList<UnrolledChannel> Channels) : StepBody;

/// <summary>One output channel of an <see cref="UnrolledBody"/>.</summary>
/// <param name="OutputOffset">Elements from the output row's first pixel.</param>
/// <param name="Bias">What the sum starts from.</param>
/// <param name="Taps">Kept weights with their input offsets.</param>
public sealed record UnrolledChannel(long OutputOffset, float Bias, IReadOnlyList<UnrolledTap> Taps);

/// <summary>One kept weight.</summary>
/// <param name="Offset">Elements from the pixel in the input panel.</param>
/// <param name="Weight">Its value.</param>
public readonly record struct UnrolledTap(long Offset, float Weight);
