// needs:
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>Where the pixels of an 8-bit layer lie. A pixel is a row of channels: neighbouring channels are neighbouring elements.</summary>
/// <param name="images">Images.</param>
/// <param name="rows">Rows of the output.</param>
/// <param name="width">Pixels of an output row.</param>
/// <param name="channels">Output channels that are stored.</param>
/// <param name="inputImage">Bytes from image to image of the input.</param>
/// <param name="inputRow">Bytes from the input of one output row to that of the next: the stride is in it.</param>
/// <param name="inputPixel">Bytes from the input of one output pixel to that of the next.</param>
/// <param name="outputImage">Elements from image to image of the output.</param>
/// <param name="outputRow">Elements from row to row of the output.</param>
/// <param name="outputPixel">Elements from pixel to pixel of the output.</param>
/// <param name="biasPixel">Biases from pixel to pixel of an image; 0 where all pixels share them.</param>
internal readonly struct IntegerLoops(
    int images,
    int rows,
    int width,
    int channels,
    nint inputImage,
    nint inputRow,
    nint inputPixel,
    nint outputImage,
    nint outputRow,
    nint outputPixel,
    int biasPixel)
{
    public readonly int Images = images, Rows = rows, Width = width, Channels = channels, BiasPixel = biasPixel;
    public readonly nint InputImage = inputImage, InputRow = inputRow, InputPixel = inputPixel;
    public readonly nint OutputImage = outputImage, OutputRow = outputRow, OutputPixel = outputPixel;
}

/// <summary>What becomes of a sum s of products: clamp(round((s + bias) * scale), low, high) + zero, halves rounded to even.</summary>
/// <remarks>Tables hold a multiple of 16 entries, one for each output channel.</remarks>
/// <param name="bias">Added to the sums first; holds what the input's zero point contributes.</param>
/// <param name="shift">128 times the sum of each channel's weights: what is missing where the input is taken as x - 128.</param>
/// <param name="scale">Input scale times weight scale over output scale.</param>
/// <param name="low">Smallest result, without the zero point.</param>
/// <param name="high">Largest result, without the zero point.</param>
/// <param name="zero">Zero point of the output.</param>
internal readonly unsafe struct IntegerEpilogue(int* bias, int* shift, float* scale, float low, float high, int zero)
{
    public readonly int* Bias = bias, Shift = shift;
    public readonly float* Scale = scale;
    public readonly float Low = low, High = high;
    public readonly int Zero = zero;

    /// <summary>The same for the channels from one on.</summary>
    /// <param name="channel">The first of them.</param>
    public IntegerEpilogue From(int channel) => new(Bias + channel, Shift + channel, Scale + channel, Low, High, Zero);
}

/// <summary>What all channels have in common, as vectors that a loop keeps.</summary>
internal readonly struct IntegerBounds(in IntegerEpilogue epilogue)
{
    /// <summary>The largest result without the zero point.</summary>
    public readonly Vector256<float> High = Vector256.Create(epilogue.High);

    /// <summary>The zero point.</summary>
    public readonly Vector256<short> Zero = Vector256.Create((short)epilogue.Zero);

    /// <summary>The smallest result.</summary>
    public readonly Vector256<byte> Least = Vector256.Create((byte)((int)epilogue.Low + epilogue.Zero));
}
