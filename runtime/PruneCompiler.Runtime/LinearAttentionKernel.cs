using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Attention without softmax: a matrix per head that remembers key-value products, read by queries, one step of the sequence after the other.</summary>
internal static unsafe class LinearAttentionKernel
{
    /// <summary>For every step: the state decays, what it predicts for the key may be taken off the value, key x value is added, the query reads it.</summary>
    /// <param name="query">[batch, length, queryHeads * keySize].</param>
    /// <param name="key">[batch, length, keyHeads * keySize].</param>
    /// <param name="value">[batch, length, keyHeads * valueSize].</param>
    /// <param name="past">[batch, keyHeads, keySize, valueSize], or null for zeros.</param>
    /// <param name="decay">Logarithms, [batch, length, keyHeads * decaySize], or null for no decay.</param>
    /// <param name="beta">Strength of the correction, [batch, length, betaHeads], or null for 1.</param>
    /// <param name="y">[batch, length, queryHeads * valueSize].</param>
    /// <param name="state">[batch, keyHeads, keySize, valueSize]; holds the state while it runs and at the end.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Steps.</param>
    /// <param name="queryHeads">Heads of queries; a multiple of keyHeads.</param>
    /// <param name="keyHeads">Heads of keys and values.</param>
    /// <param name="keySize">Features of a key.</param>
    /// <param name="valueSize">Features of a value.</param>
    /// <param name="decaySize">keySize, or 1 for one decay per head.</param>
    /// <param name="betaHeads">keyHeads, or 1 for one strength per step.</param>
    /// <param name="scale">Factor of what is read.</param>
    /// <param name="corrects">Whether the prediction is taken off (the delta rule).</param>
    public static void Run(
        float* query, float* key, float* value, float* past, float* decay, float* beta, float* y, float* state,
        int batch, int length, int queryHeads, int keyHeads, int keySize, int valueSize, int decaySize, int betaHeads, float scale, bool corrects)
    {
        long matrix = (long)keySize * valueSize;
        float* written = stackalloc float[valueSize];
        for (long b = 0; b < batch; b++)
        {
            for (int h = 0; h < keyHeads; h++)
            {
                float* s = state + (((b * keyHeads) + h) * matrix);
                if (past == null)
                {
                    new Span<float>(s, (int)matrix).Clear();
                }
                else
                {
                    new ReadOnlySpan<float>(past + (((b * keyHeads) + h) * matrix), (int)matrix).CopyTo(new Span<float>(s, (int)matrix));
                }

                for (int t = 0; t < length; t++)
                {
                    long step = (b * length) + t;
                    float* k = key + (((step * keyHeads) + h) * keySize), v = value + (((step * keyHeads) + h) * valueSize);
                    if (decay != null)
                    {
                        float* d = decay + (((step * keyHeads) + h) * decaySize);
                        for (int i = 0; i < keySize; i++)
                        {
                            Scale(s + ((long)i * valueSize), valueSize, MathF.Exp(d[decaySize == 1 ? 0 : i]));
                        }
                    }

                    new ReadOnlySpan<float>(v, valueSize).CopyTo(new Span<float>(written, valueSize));
                    if (corrects)
                    {
                        for (int i = 0; i < keySize; i++)
                        {
                            AddScaled(s + ((long)i * valueSize), written, valueSize, -k[i]);
                        }

                        Scale(written, valueSize, beta == null ? 1 : beta[(step * betaHeads) + (betaHeads == 1 ? 0 : h)]);
                    }

                    for (int i = 0; i < keySize; i++)
                    {
                        AddScaled(written, s + ((long)i * valueSize), valueSize, k[i]);
                    }

                    int group = queryHeads / keyHeads;
                    for (int g = h * group; g < (h + 1) * group; g++)
                    {
                        float* q = query + (((step * queryHeads) + g) * keySize), result = y + (((step * queryHeads) + g) * valueSize);
                        new Span<float>(result, valueSize).Clear();
                        for (int i = 0; i < keySize; i++)
                        {
                            AddScaled(s + ((long)i * valueSize), result, valueSize, q[i] * scale);
                        }
                    }
                }
            }
        }
    }

    private static void Scale(float* x, int count, float factor)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            *(Vector<float>*)(x + i) *= factor;
        }

        for (; i < count; i++)
        {
            x[i] *= factor;
        }
    }

    private static void AddScaled(float* x, float* to, int count, float factor)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            *(Vector<float>*)(to + i) += *(Vector<float>*)(x + i) * factor;
        }

        for (; i < count; i++)
        {
            to[i] += x[i] * factor;
        }
    }
}
