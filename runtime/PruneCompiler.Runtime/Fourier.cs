using System;

namespace PruneCompiler.Runtime;

/// <summary>Discrete Fourier transforms of any length (ONNX DFT, STFT).</summary>
internal static unsafe class Fourier
{
    /// <summary>Transforms each line along an axis; a line shorter than n is filled up with zeros, a longer one cut.</summary>
    /// <param name="input">[outer, inputLength, inner, 1 or 2]: real, or real and imaginary part.</param>
    /// <param name="output">[outer, outputLength, inner, 1 or 2].</param>
    /// <param name="twiddles">cos and sin of 2πk / n for k below n.</param>
    /// <param name="work">4 * n floats.</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="inner">Product of the axes after, without the last.</param>
    /// <param name="inputLength">Elements of the axis in the input.</param>
    /// <param name="outputLength">Elements of the axis in the output: n, or n / 2 + 1 of a one-sided spectrum.</param>
    /// <param name="n">Length of the transform.</param>
    /// <param name="inputParts">1 for a real input, 2 for a complex one.</param>
    /// <param name="outputParts">2, or 1 for a real result.</param>
    /// <param name="inverse">True for the inverse, which divides by n.</param>
    /// <param name="mirror">True when the input is a one-sided spectrum: its other half is the conjugate.</param>
    public static void Run(float* input, float* output, float* twiddles, float* work, long outer, long inner, int inputLength, int outputLength, int n, int inputParts, int outputParts, bool inverse, bool mirror)
    {
        for (long o = 0; o < outer; o++)
        {
            for (long i = 0; i < inner; i++)
            {
                float* from = input + (((o * inputLength * inner) + i) * inputParts), to = output + (((o * outputLength * inner) + i) * outputParts);
                Load(from, inner * inputParts, inputLength, inputParts, work, n, mirror);
                float* result = Transform(work, work + (2L * n), twiddles, n, inverse);
                float factor = inverse ? 1f / n : 1;
                for (int k = 0; k < outputLength; k++)
                {
                    for (int part = 0; part < outputParts; part++)
                    {
                        to[(k * inner * outputParts) + part] = result[(2 * k) + part] * factor;
                    }
                }
            }
        }
    }

    /// <summary>Transforms windowed frames of a signal (ONNX STFT).</summary>
    /// <param name="signal">[batch, length, 1 or 2].</param>
    /// <param name="window">n factors, or null.</param>
    /// <param name="output">[batch, frames, bins, 2].</param>
    /// <param name="twiddles">As above.</param>
    /// <param name="work">4 * n floats.</param>
    /// <param name="batch">Signals.</param>
    /// <param name="length">Samples of each.</param>
    /// <param name="frames">Frames of each; the last one ends within the signal.</param>
    /// <param name="step">Samples from frame to frame.</param>
    /// <param name="n">Samples of a frame.</param>
    /// <param name="bins">n, or n / 2 + 1.</param>
    /// <param name="parts">1 for a real signal, 2 for a complex one.</param>
    public static void Frames(float* signal, float* window, float* output, float* twiddles, float* work, int batch, int length, int frames, int step, int n, int bins, int parts)
    {
        for (int b = 0; b < batch; b++, signal += (long)length * parts)
        {
            for (int f = 0; f < frames; f++, output += 2L * bins)
            {
                Load(signal + ((long)f * step * parts), parts, n, parts, work, n, false);
                for (int i = 0; window != null && i < n; i++)
                {
                    work[2 * i] *= window[i];
                    work[(2 * i) + 1] *= window[i];
                }

                new ReadOnlySpan<float>(Transform(work, work + (2L * n), twiddles, n, false), 2 * bins).CopyTo(new Span<float>(output, 2 * bins));
            }
        }
    }

    private static void Load(float* from, long stride, int length, int parts, float* work, int n, bool mirror)
    {
        for (int k = 0; k < n; k++)
        {
            bool conjugate = mirror && k >= length;
            int source = conjugate ? n - k : k;
            bool known = source < length;
            work[2 * k] = known ? from[source * stride] : 0;
            float imaginary = known && parts == 2 ? from[(source * stride) + 1] : 0;
            work[(2 * k) + 1] = conjugate ? -imaginary : imaginary;
        }
    }

    // Decimation in time with the factors of n (Cooley and Tukey, 1965): each pass turns p interleaved transforms of length n / p into one. Returns where the result lies.
    private static float* Transform(float* a, float* b, float* twiddles, int n, bool inverse)
    {
        // Stockham's ordering: "done" is the length of the transforms so far, "left" the number of them.
        for (int done = 1, left = n; left > 1;)
        {
            int p = SmallestFactor(left);
            int next = left / p;
            for (int q = 0; q < next; q++)
            {
                for (int k = 0; k < done; k++)
                {
                    for (int r = 0; r < p; r++)
                    {
                        double re = 0, im = 0;
                        for (int s = 0; s < p; s++)
                        {
                            // Root of unity: s * (k + r * done) / (done * p) of a turn.
                            long turn = (long)s * (k + ((long)r * done)) % ((long)done * p) * next;
                            float c = twiddles[2 * turn], d = inverse ? twiddles[(2 * turn) + 1] : -twiddles[(2 * turn) + 1];
                            float* x = a + (2 * (((long)(q + (s * (long)next)) * done) + k));
                            re += (x[0] * c) - (x[1] * d);
                            im += (x[0] * d) + (x[1] * c);
                        }

                        float* y = b + (2 * (((long)q * done * p) + ((long)r * done) + k));
                        (y[0], y[1]) = ((float)re, (float)im);
                    }
                }
            }

            float* spare = a;
            a = b;
            b = spare;
            done *= p;
            left = next;
        }

        return a;
    }

    private static int SmallestFactor(int n)
    {
        for (int p = 2; p * p <= n; p++)
        {
            if (n % p == 0)
            {
                return p;
            }
        }

        return n;
    }
}
