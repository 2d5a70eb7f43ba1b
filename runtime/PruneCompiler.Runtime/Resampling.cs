// needs: Simd
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Resizing of one axis by weighted sums of neighbours (ONNX Resize, modes linear and cubic, with or without antialias).</summary>
internal static unsafe class Resampling
{
    /// <summary>output[o, x, i] = sum over t of weights[t, x] * input[o, table[t, x], i].</summary>
    /// <param name="input">[outer, inputLength, inner].</param>
    /// <param name="output">[outer, outputLength, inner].</param>
    /// <param name="table">[taps, outputLength]: sources within the input's axis; -1 in the first tap means outside.</param>
    /// <param name="weights">[taps, outputLength].</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="inputLength">Elements of the axis in the input.</param>
    /// <param name="outputLength">Elements of the axis in the output.</param>
    /// <param name="inner">Product of the axes after.</param>
    /// <param name="taps">Neighbours that are summed.</param>
    /// <param name="outside">The value where the table says outside.</param>
    public static void Axis(float* input, float* output, int* table, float* weights, long outer, int inputLength, int outputLength, int inner, int taps, float outside)
    {
        for (long o = 0; o < outer; o++)
        {
            if (inner == 1)
            {
                Row(input, output, table, weights, outputLength, taps, outside);
            }
            else
            {
                for (int x = 0; x < outputLength; x++)
                {
                    Slab(input, output + ((long)x * inner), table + x, weights + x, outputLength, inner, taps, outside);
                }
            }

            input += (long)inputLength * inner;
            output += (long)outputLength * inner;
        }
    }

    // The axis is the innermost: neighbours are gathered for each element.
    private static void Row(float* input, float* output, int* table, float* weights, int length, int taps, float outside)
    {
        int x = 0;
        if (Avx2.IsSupported)
        {
            // Lanes outside read element 0 and are replaced afterwards: every gathered index lies within the axis.
            for (; x <= length - 8; x += 8)
            {
                Vector256<int> first = *(Vector256<int>*)(table + x);
                Vector256<float> sum = Vector256<float>.Zero;
                for (int t = 0; t < taps; t++)
                {
                    Vector256<int> at = Vector256.Max(*(Vector256<int>*)(table + (t * length) + x), Vector256<int>.Zero);
                    sum = Simd.MultiplyAdd(*(Vector256<float>*)(weights + (t * length) + x), Avx2.GatherVector256(input, at, sizeof(float)), sum);
                }

                Vector256.ConditionalSelect(Vector256.LessThan(first, Vector256<int>.Zero).AsSingle(), Vector256.Create(outside), sum).Store(output + x);
            }
        }

        for (; x < length; x++)
        {
            if (table[x] < 0)
            {
                output[x] = outside;
                continue;
            }

            float sum = 0;
            for (int t = 0; t < taps; t++)
            {
                sum = Simd.MultiplyAdd(weights[(t * length) + x], input[table[(t * length) + x]], sum);
            }

            output[x] = sum;
        }
    }

    // One position of the axis: whole contiguous slabs are summed.
    private static void Slab(float* input, float* output, int* table, float* weights, int length, int inner, int taps, float outside)
    {
        if (*table < 0)
        {
            new System.Span<float>(output, inner).Fill(outside);
            return;
        }

        int i = 0;
        for (; i <= inner - 16; i += 16)
        {
            Vector512<float> sum = Vector512<float>.Zero;
            for (int t = 0; t < taps; t++)
            {
                sum = Simd.MultiplyAdd(Vector512.Create(weights[t * length]), *(Vector512<float>*)(input + ((long)table[t * length] * inner) + i), sum);
            }

            sum.Store(output + i);
        }

        for (; i < inner; i++)
        {
            float sum = 0;
            for (int t = 0; t < taps; t++)
            {
                sum = Simd.MultiplyAdd(weights[t * length], input[((long)table[t * length] * inner) + i], sum);
            }

            output[i] = sum;
        }
    }
}
