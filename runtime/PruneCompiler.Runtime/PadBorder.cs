// needs: Blocks
using System;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>What lies around a padded value.</summary>
internal enum BorderMode
{
    /// <summary>The nearest element.</summary>
    Edge,

    /// <summary>Mirrored at the border element, which is not repeated.</summary>
    Reflect,

    /// <summary>The other end.</summary>
    Wrap,
}

/// <summary>Padding with elements of the value itself (ONNX Pad, modes edge, reflect, wrap).</summary>
internal static unsafe class PadBorder
{
    /// <summary>Writes all of the output; a negative pad takes elements away before the others are mirrored or repeated.</summary>
    /// <param name="input">Row-major, any element type.</param>
    /// <param name="output">Row-major.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="inputShape">Its sizes.</param>
    /// <param name="outputShape">Its sizes; as many axes.</param>
    /// <param name="before">Elements added in front, per axis; the rest is added behind.</param>
    /// <param name="mode">What lies around.</param>
    public static void Run(void* input, void* output, int size, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape, ReadOnlySpan<int> before, BorderMode mode)
    {
        long inputBytes = size, outputBytes = size;
        foreach (int d in inputShape)
        {
            inputBytes *= d;
        }

        foreach (int d in outputShape)
        {
            outputBytes *= d;
        }

        if (outputBytes > 0)
        {
            Axis((byte*)input, inputBytes, (byte*)output, outputBytes, inputShape, outputShape, before, mode);
        }
    }

    private static void Axis(byte* input, long inputBytes, byte* output, long outputBytes, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape, ReadOnlySpan<int> before, BorderMode mode)
    {
        // Where no axis that is left changes its size (pads that take as much away as they add are none), the rest is one run.
        if (inputShape.SequenceEqual(outputShape) && before.IndexOfAnyExcept(0) < 0)
        {
            Blocks.Copy(input, output, outputBytes);
            return;
        }

        long read = inputBytes / inputShape[0], write = outputBytes / outputShape[0];
        int first = Math.Max(0, -before[0]), last = inputShape[0] - 1 + Math.Min(0, outputShape[0] - inputShape[0] - before[0]);
        int front = Math.Max(0, before[0]), count = last - first + 1;
        bool run = inputShape[1..].SequenceEqual(outputShape[1..]) && before[1..].IndexOfAnyExcept(0) < 0;
        if (run)
        {
            Blocks.Copy(input + (first * read), output + (front * write), count * read);
        }

        for (int i = 0; i < outputShape[0]; i++)
        {
            if (run && i == front)
            {
                i += count;
                if (i >= outputShape[0])
                {
                    break;
                }
            }

            int at = first + Source(i - front, count, mode);
            if (run && read == sizeof(float))
            {
                Unsafe.CopyBlockUnaligned(output + (i * write), input + (at * read), sizeof(float));
                continue;
            }

            if (run)
            {
                Blocks.Copy(input + (at * read), output + (i * write), read);
                continue;
            }

            Axis(input + (at * read), read, output + (i * write), write, inputShape[1..], outputShape[1..], before[1..], mode);
        }
    }

    // Where element i of an axis that goes on in both directions lies within [0, count).
    private static int Source(int i, int count, BorderMode mode)
    {
        if ((uint)i < (uint)count || count == 1)
        {
            return count == 1 ? 0 : i;
        }

        if (mode == BorderMode.Edge)
        {
            return i < 0 ? 0 : count - 1;
        }

        int period = mode == BorderMode.Wrap ? count : 2 * (count - 1);
        i %= period;
        i = i < 0 ? i + period : i;
        return i < count ? i : period - i;
    }
}
