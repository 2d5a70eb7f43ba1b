// needs: Simd
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>y = clamp(W x + b + r) where W has at most 16 different values, one vector at a time.</summary>
/// <remarks>
/// A product with one vector reads each weight once, so bytes decide: a weight is half a byte here, the number of its value. 16 outputs lie side by side in lanes of 32 bits, each with eight
/// neighbouring inputs; on AVX-512 one permutation of the register that holds the values is 16 weights, and looks at the lowest four bits of each lane only, so that shifts bring the next.
/// </remarks>
internal static unsafe class CodebookGemv
{
    /// <summary>Outputs in a panel.</summary>
    public const int Panel = 16;

    /// <summary>Inputs whose weights lie in one number.</summary>
    public const int Step = 8;

    /// <summary>Most different values.</summary>
    public const int Values = 16;

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="y">Receives <paramref name="outputs"/> floats; must not overlap x.</param>
    /// <param name="codes">[panel][(inputs + 7) / 8][16]: for each output the numbers of eight weights, the first in the lowest bits. Best aligned to 64 bytes.</param>
    /// <param name="table">[16] the values.</param>
    /// <param name="bias">[panel][16]: b, filled up.</param>
    /// <param name="residual">r: <paramref name="outputs"/> floats, added before clamping; or null.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(float* x, float* y, int* codes, float* table, float* bias, float* residual, int inputs, int outputs, float lo, float hi)
    {
        var sums = stackalloc float[Panel];
        var steps = (inputs + Step - 1) / Step;
        for (var o = 0; o < outputs; o += Panel, codes += steps * Panel)
        {
            if (Avx512F.IsSupported)
            {
                *(Vector512<float>*)sums = Sums512(x, codes, *(Vector512<float>*)table, inputs);
            }
            else if (Avx2.IsSupported)
            {
                Sums256(x, codes, *(Vector256<float>*)table, *(Vector256<float>*)(table + 8), inputs, sums);
                Sums256(x, codes + 8, *(Vector256<float>*)table, *(Vector256<float>*)(table + 8), inputs, sums + 8);
            }
            else
            {
                SumsScalar(x, codes, table, inputs, sums);
            }

            Finish(sums, y + o, bias + o, residual == null ? null : residual + o, Math.Min(Panel, outputs - o), lo, hi);
        }
    }

    // In bounds, all bodies: codes has a vector for every eight inputs or part of them, and x is read up to `inputs` only.

    /// <summary>AVX-512: a shift, a permutation and a multiply-add for 16 weights. Four sums hide the multiply-add's latency.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Sums512(float* x, int* codes, Vector512<float> table, int inputs)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        var i = 0;
        for (; i <= inputs - Step; i += Step, x += Step, codes += Panel)
        {
            var code = *(Vector512<int>*)codes;
            a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, code), Vector512.Create(x[0]), a);
            b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 4)), Vector512.Create(x[1]), b);
            c = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 8)), Vector512.Create(x[2]), c);
            d = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 12)), Vector512.Create(x[3]), d);
            a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 16)), Vector512.Create(x[4]), a);
            b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 20)), Vector512.Create(x[5]), b);
            c = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 24)), Vector512.Create(x[6]), c);
            d = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogical(code, 28)), Vector512.Create(x[7]), d);
        }

        if (i < inputs)
        {
            var code = *(Vector512<int>*)codes;
            for (; i < inputs; i++, x++)
            {
                a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(table, code), Vector512.Create(*x), a);
                code = Avx512F.ShiftRightLogical(code, 4);
            }
        }

        return (a + b) + (c + d);
    }

    /// <summary>AVX2: eight outputs; a permutation of either half of the values, and the fourth bit chooses.</summary>
    public static void Sums256(float* x, int* codes, Vector256<float> low, Vector256<float> high, int inputs, float* sums)
    {
        Vector256<float> a = default, b = default;
        for (var i = 0; i < inputs; i += Step, codes += Panel)
        {
            var code = *(Vector256<int>*)codes;
            for (var k = 0; k < Step && i + k < inputs; k += 2)
            {
                a = Simd.MultiplyAdd(Pick(low, high, code), Vector256.Create(x[i + k]), a);
                if (i + k + 1 < inputs)
                {
                    b = Simd.MultiplyAdd(Pick(low, high, Avx2.ShiftRightLogical(code, 4)), Vector256.Create(x[i + k + 1]), b);
                }

                code = Avx2.ShiftRightLogical(code, 8);
            }
        }

        *(Vector256<float>*)sums = a + b;
    }

    /// <summary>One multiply-add at a time.</summary>
    public static void SumsScalar(float* x, int* codes, float* table, int inputs, float* sums)
    {
        new Span<float>(sums, Panel).Clear();
        for (var i = 0; i < inputs; i++)
        {
            var step = codes + (i / Step * Panel);
            var shift = i % Step * 4;
            for (var j = 0; j < Panel; j++)
            {
                sums[j] = Simd.MultiplyAdd(table[((uint)step[j] >> shift) & (Values - 1)], x[i], sums[j]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pick(Vector256<float> low, Vector256<float> high, Vector256<int> code) =>
        Avx.BlendVariable(Avx2.PermuteVar8x32(low, code), Avx2.PermuteVar8x32(high, code), Avx2.ShiftLeftLogical(code, 28).AsSingle());

    private static void Finish(float* sums, float* y, float* bias, float* residual, int count, float lo, float hi)
    {
        if (count < Panel)
        {
            for (var j = 0; j < count; j++)
            {
                y[j] = Simd.Clamp(sums[j] + bias[j] + (residual == null ? 0f : residual[j]), lo, hi);
            }

            return;
        }

        for (var j = 0; j < Panel; j += 8)
        {
            var value = *(Vector256<float>*)(sums + j) + *(Vector256<float>*)(bias + j);
            value = residual == null ? value : value + *(Vector256<float>*)(residual + j);
            *(Vector256<float>*)(y + j) = Simd.Clamp(value, Vector256.Create(lo), Vector256.Create(hi));
        }
    }
}
