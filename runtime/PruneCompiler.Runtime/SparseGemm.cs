// needs: Simd, Lanes, Transpose
using System;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>C = clamp(A W + bias + residual) with W sparse and constant; the rows of A are tokens, pixels or batch members.</summary>
/// <remarks>
/// Tokens fill the vectors: a weight is broadcast and multiplied with the same input of 32 tokens. A tile of 32 tokens x 256 inputs is brought into
/// [input][token] order, where it fits the level 1 cache; sums of all outputs for these tokens stay in scratch memory until the last block of inputs. Four outputs
/// with about equally many weights go side by side, so that multiply-adds do not wait for each other.
/// </remarks>
internal static unsafe class SparseGemm
{
    /// <summary>Tokens in a tile.</summary>
    public const int Tokens = 32;

    /// <summary>Inputs in a block.</summary>
    public const int BlockK = 256;

    /// <summary>Outputs in a group.</summary>
    public const int Group = 4;

    /// <summary>Floats of scratch memory that <see cref="Run"/> needs.</summary>
    public static int ScratchFloats(int n, int k) => (Math.Min(k, BlockK) * Tokens) + ((n + Group - 1) / Group * Group * Tokens);

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="a">A: element (token, input) at token * <paramref name="aRow"/> + input * <paramref name="aColumn"/>.</param>
    /// <param name="aRow">Elements from token to token. Either this or <paramref name="aColumn"/> should be 1.</param>
    /// <param name="aColumn">Elements from input to input.</param>
    /// <param name="c">C: element (token, output) at token * <paramref name="cRow"/> + output * <paramref name="cColumn"/>; must not overlap A.</param>
    /// <param name="cRow">Elements from token to token. This or <paramref name="cColumn"/> must be 1.</param>
    /// <param name="cColumn">Elements from output to output.</param>
    /// <param name="m">Tokens.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="weights">[step][4]: the weights, block by block, group by group.</param>
    /// <param name="offsets">[step][4]: for each weight its input within the block, times 32.</param>
    /// <param name="steps">[block][group]: the number of steps.</param>
    /// <param name="order">[block][group][4]: the outputs of a group; numbers from n on are fillers, all different.</param>
    /// <param name="bias">n floats, filled up with zeros to whole groups.</param>
    /// <param name="residual">A matrix with the strides of C added before clamping, or null. May be C itself.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats. Best aligned to 64 bytes.</param>
    public static void Run(
        float* a, nint aRow, nint aColumn, float* c, nint cRow, nint cColumn, int m, int n, int k,
        float* weights, ushort* offsets, int* steps, ushort* order, float* bias, float* residual, float lo, float hi, float* scratch)
    {
        var args = new Arguments
        {
            A = a,
            ARow = aRow,
            AColumn = aColumn,
            C = c,
            CRow = cRow,
            CColumn = cColumn,
            M = m,
            N = n,
            K = k,
            Weights = weights,
            Offsets = offsets,
            Steps = steps,
            Order = order,
            Bias = bias,
            Residual = residual,
            Lo = lo,
            Hi = hi,
            Scratch = scratch,
        };
        if (Lanes512.IsNative && m > Lanes256.Count)
        {
            Body<Vector512<float>, Lanes512>(args);
        }
        else if (Lanes256.IsNative)
        {
            Body<Vector256<float>, Lanes256>(args);
        }
        else if (Lanes128.IsNative)
        {
            Body<Vector128<float>, Lanes128>(args);
        }
        else
        {
            Body<float, Lanes1>(args);
        }
    }

    /// <summary>What <see cref="Run"/> was called with.</summary>
    public struct Arguments
    {
        public float* A, C, Weights, Bias, Residual, Scratch;
        public ushort* Offsets, Order;
        public int* Steps;
        public nint ARow, AColumn, CRow, CColumn;
        public int M, N, K;
        public float Lo, Hi;
    }

    /// <summary>The body for one vector width.</summary>
    public static void Body<TV, TOps>(in Arguments args)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var x = args.Scratch;
        var y = args.Scratch + (Math.Min(args.K, BlockK) * Tokens);
        var groups = (args.N + Group - 1) / Group;
        for (var t = 0; t < args.M; t += Tokens)
        {
            var tokens = Math.Min(Tokens, args.M - t);
            var sums = new Span<float>(y, groups * Group * Tokens);
            if (args.Residual != null)
            {
                Bring(args.Residual + (t * args.CRow), args.CRow, args.CColumn, tokens, args.N, y);
            }

            // Fillers at the end start like outputs, so that nothing odd (NaN, denormals) slows them down.
            for (var n = 0; n < groups * Group; n++)
            {
                var start = TOps.Create(args.Bias[n]);
                for (var v = 0; v < Tokens; v += TOps.Count)
                {
                    var at = y + (n * Tokens) + v;
                    TOps.Store(at, args.Residual == null || n >= args.N ? start : TOps.Add(TOps.Load(at), start));
                }
            }

            var weights = args.Weights;
            var offsets = args.Offsets;
            var steps = args.Steps;
            var order = args.Order;
            for (var k0 = 0; k0 < args.K; k0 += BlockK)
            {
                var k = Math.Min(BlockK, args.K - k0);
                Bring(args.A + (t * args.ARow) + (k0 * args.AColumn), args.ARow, args.AColumn, tokens, k, x);
                var last = k0 + k == args.K;
                var lo = last ? args.Lo : float.NegativeInfinity;
                var hi = last ? args.Hi : float.PositiveInfinity;
                for (var g = 0; g < groups; g++, order += Group)
                {
                    var count = *steps++;
                    var v = 0;
                    for (; v <= tokens - TOps.Count - 1; v += 2 * TOps.Count)
                    {
                        Rows2<TV, TOps>(x + v, y + v, weights, offsets, count, order, lo, hi);
                    }

                    if (v < tokens)
                    {
                        Rows1<TV, TOps>(x + v, y + v, weights, offsets, count, order, lo, hi);
                    }

                    weights += count * Group;
                    offsets += count * Group;
                }
            }

            if (args.K == 0)
            {
                for (var i = 0; i < sums.Length; i++)
                {
                    sums[i] = Simd.Clamp(sums[i], args.Lo, args.Hi);
                }
            }

            var c = args.C + (t * args.CRow);
            if (args.CRow == 1)
            {
                for (var n = 0; n < args.N; n++)
                {
                    new Span<float>(y + (n * Tokens), tokens).CopyTo(new Span<float>(c + (n * args.CColumn), tokens));
                }
            }
            else
            {
                Transpose.Run(y, Tokens, c, args.CRow, args.N, tokens);
            }
        }
    }

    /// <summary>Brings a tile into [column][32 tokens] order. Tokens that do not exist become zeros: no accident of memory may slow down or trap.</summary>
    private static void Bring(float* from, nint row, nint column, int tokens, int columns, float* to)
    {
        if (column == 1)
        {
            Transpose.Run(from, row, to, Tokens, tokens, columns);
        }
        else
        {
            for (var p = 0; p < columns; p++)
            {
                for (var t = 0; t < tokens; t++)
                {
                    to[(p * Tokens) + t] = from[(t * row) + (p * column)];
                }
            }
        }

        if (tokens < Tokens)
        {
            for (var p = 0; p < columns; p++)
            {
                new Span<float>(to + (p * Tokens) + tokens, Tokens - tokens).Clear();
            }
        }
    }

    // In bounds, both: offsets are multiples of 32 below k * 32, and v + the vectors taken stay within 32; order stays below the rows of y.

    /// <summary>Four outputs, two vectors of tokens.</summary>
    private static void Rows2<TV, TOps>(float* x, float* y, float* weights, ushort* offsets, int count, ushort* order, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        float* y0 = y + (order[0] * Tokens), y1 = y + (order[1] * Tokens), y2 = y + (order[2] * Tokens), y3 = y + (order[3] * Tokens);
        TV a0 = TOps.Load(y0), a1 = TOps.Load(y1), a2 = TOps.Load(y2), a3 = TOps.Load(y3);
        TV b0 = TOps.Load(y0 + n), b1 = TOps.Load(y1 + n), b2 = TOps.Load(y2 + n), b3 = TOps.Load(y3 + n);
        for (var end = weights + (count * Group); weights != end; weights += Group, offsets += Group)
        {
            var w = TOps.Create(weights[0]);
            var at = x + offsets[0];
            a0 = TOps.MultiplyAdd(w, TOps.Load(at), a0);
            b0 = TOps.MultiplyAdd(w, TOps.Load(at + n), b0);
            w = TOps.Create(weights[1]);
            at = x + offsets[1];
            a1 = TOps.MultiplyAdd(w, TOps.Load(at), a1);
            b1 = TOps.MultiplyAdd(w, TOps.Load(at + n), b1);
            w = TOps.Create(weights[2]);
            at = x + offsets[2];
            a2 = TOps.MultiplyAdd(w, TOps.Load(at), a2);
            b2 = TOps.MultiplyAdd(w, TOps.Load(at + n), b2);
            w = TOps.Create(weights[3]);
            at = x + offsets[3];
            a3 = TOps.MultiplyAdd(w, TOps.Load(at), a3);
            b3 = TOps.MultiplyAdd(w, TOps.Load(at + n), b3);
        }

        var low = TOps.Create(lo);
        var high = TOps.Create(hi);
        TOps.Store(y0, TOps.Min(high, TOps.Max(low, a0)));
        TOps.Store(y0 + n, TOps.Min(high, TOps.Max(low, b0)));
        TOps.Store(y1, TOps.Min(high, TOps.Max(low, a1)));
        TOps.Store(y1 + n, TOps.Min(high, TOps.Max(low, b1)));
        TOps.Store(y2, TOps.Min(high, TOps.Max(low, a2)));
        TOps.Store(y2 + n, TOps.Min(high, TOps.Max(low, b2)));
        TOps.Store(y3, TOps.Min(high, TOps.Max(low, a3)));
        TOps.Store(y3 + n, TOps.Min(high, TOps.Max(low, b3)));
    }

    /// <summary>Four outputs, one vector of tokens.</summary>
    private static void Rows1<TV, TOps>(float* x, float* y, float* weights, ushort* offsets, int count, ushort* order, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        float* y0 = y + (order[0] * Tokens), y1 = y + (order[1] * Tokens), y2 = y + (order[2] * Tokens), y3 = y + (order[3] * Tokens);
        TV a0 = TOps.Load(y0), a1 = TOps.Load(y1), a2 = TOps.Load(y2), a3 = TOps.Load(y3);
        for (var end = weights + (count * Group); weights != end; weights += Group, offsets += Group)
        {
            a0 = TOps.MultiplyAdd(TOps.Create(weights[0]), TOps.Load(x + offsets[0]), a0);
            a1 = TOps.MultiplyAdd(TOps.Create(weights[1]), TOps.Load(x + offsets[1]), a1);
            a2 = TOps.MultiplyAdd(TOps.Create(weights[2]), TOps.Load(x + offsets[2]), a2);
            a3 = TOps.MultiplyAdd(TOps.Create(weights[3]), TOps.Load(x + offsets[3]), a3);
        }

        var low = TOps.Create(lo);
        var high = TOps.Create(hi);
        TOps.Store(y0, TOps.Min(high, TOps.Max(low, a0)));
        TOps.Store(y1, TOps.Min(high, TOps.Max(low, a1)));
        TOps.Store(y2, TOps.Min(high, TOps.Max(low, a2)));
        TOps.Store(y3, TOps.Min(high, TOps.Max(low, a3)));
    }
}
