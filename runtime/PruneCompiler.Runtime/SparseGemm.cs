// needs: Simd, Lanes, Transpose
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>C = clamp(A W + bias + residual) with W sparse and constant; the rows of A are tokens, pixels or batch members.</summary>
/// <remarks>
/// Tokens fill the vectors: a weight is broadcast and multiplied with the same input of up to 64 tokens. A tile of tokens x a block of inputs lies in
/// [input][token] order, 32 KB, where it fits the level 1 cache: A itself where it lies so already, else a copy. Four outputs with about equally many weights go side by
/// side, so that multiply-adds do not wait for each other and four offsets come with one load. Sums begin with bias and residual in registers; only between blocks of
/// inputs they pass through memory, which is C itself where tokens are contiguous there.
/// </remarks>
internal static unsafe class SparseGemm
{
    /// <summary>Most tokens in a tile.</summary>
    public const int MostTokens = 64;

    /// <summary>Outputs in a group.</summary>
    public const int Group = 4;

    private const int TileFloats = 8192;

    /// <summary>Tokens in a tile, for so many in all: 16, 32 or 64. The packed weights depend on it.</summary>
    public static int Tile(int m) => m <= 16 ? 16 : m <= 32 ? 32 : MostTokens;

    /// <summary>Inputs in a block, for tiles of so many tokens.</summary>
    public static int BlockK(int tile) => TileFloats / tile;

    /// <summary>Floats of scratch memory that <see cref="Run"/> needs.</summary>
    public static int ScratchFloats(int m, int n, int k) => (Math.Min(k, BlockK(Tile(m))) + ((n + Group - 1) / Group * Group)) * Tile(m);

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
    /// <param name="offsets">[step][4]: for each weight its input within the block, times <see cref="Tile"/>.</param>
    /// <param name="steps">[block][group]: the number of steps; there is one block at least.</param>
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
        var tile = Tile(args.M);
        for (var t = 0; t < args.M; t += tile)
        {
            TileOfTokens<TV, TOps>(args, tile, t, Math.Min(tile, args.M - t));
        }
    }

    private static void TileOfTokens<TV, TOps>(in Arguments args, int tile, int t, int tokens)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var blockK = BlockK(tile);
        var groups = (args.N + Group - 1) / Group;
        var a = args.A + (t * args.ARow);
        var c = args.C + (t * args.CRow);
        var residual = args.Residual == null ? null : args.Residual + (t * args.CRow);
        var scratch = args.Scratch + (Math.Min(args.K, blockK) * tile);

        // In place where whole vectors of tokens can be written to C, else in scratch memory. Fillers always go there.
        var direct = args.CRow == 1 && tokens % TOps.Count == 0;
        var sums = new Sums
        {
            Y = direct ? c : scratch,
            YRow = direct ? args.CColumn : tile,
            Fillers = scratch,
            FillerRow = tile,
            N = args.N,
            Bias = args.Bias,
            Start = residual,
            StartRow = args.CColumn,
        };
        if (residual != null && !direct)
        {
            Bring(residual, args.CRow, args.CColumn, tokens, args.N, scratch, tile);
            sums.Start = scratch;
            sums.StartRow = tile;
        }

        var weights = args.Weights;
        var offsets = args.Offsets;
        var steps = args.Steps;
        var order = args.Order;
        var vectors = (tokens + TOps.Count - 1) / TOps.Count * TOps.Count;
        for (var k0 = 0; k0 == 0 || k0 < args.K; k0 += blockK)
        {
            var k = Math.Min(blockK, args.K - k0);
            var x = a + (k0 * args.AColumn);
            if (args.ARow != 1 || args.AColumn != tile || tokens < tile)
            {
                Bring(x, args.ARow, args.AColumn, tokens, k, args.Scratch, tile);
                x = args.Scratch;
            }

            var last = k0 + k == args.K;
            sums.Lo = last ? args.Lo : float.NegativeInfinity;
            sums.Hi = last ? args.Hi : float.PositiveInfinity;
            for (var g = 0; g < groups; g++, order += Group)
            {
                var count = *steps++;
                var v = 0;
                if (TOps.Count == 16 || TOps.Count == 4) // 32 registers
                {
                    for (; v <= vectors - (4 * TOps.Count); v += 4 * TOps.Count)
                    {
                        Rows4<TV, TOps>(&sums, x, v, weights, offsets, count, order);
                    }
                }

                for (; v <= vectors - (2 * TOps.Count); v += 2 * TOps.Count)
                {
                    Rows2<TV, TOps>(&sums, x, v, weights, offsets, count, order);
                }

                for (; v < vectors; v += TOps.Count)
                {
                    Rows1<TV, TOps>(&sums, x, v, weights, offsets, count, order);
                }

                weights += count * Group;
                offsets += count * Group;
            }

            sums.Bias = null;
            sums.Start = sums.Y;
            sums.StartRow = sums.YRow;
        }

        if (direct)
        {
            return;
        }

        if (args.CRow == 1)
        {
            for (var n = 0; n < args.N; n++)
            {
                new Span<float>(scratch + (n * tile), tokens).CopyTo(new Span<float>(c + (n * args.CColumn), tokens));
            }
        }
        else
        {
            Transpose.Run(scratch, tile, c, args.CRow, args.N, tokens);
        }
    }

    /// <summary>Brings a tile into [column][token] order. Tokens that do not exist become zeros: no accident of memory may slow down or trap.</summary>
    private static void Bring(float* from, nint row, nint column, int tokens, int columns, float* to, int tile)
    {
        if (column == 1)
        {
            Transpose.Run(from, row, to, tile, tokens, columns);
        }
        else
        {
            for (var p = 0; p < columns; p++)
            {
                var source = from + (p * column);
                var target = to + (p * tile);
                if (row == 1)
                {
                    new Span<float>(source, tokens).CopyTo(new Span<float>(target, tokens));
                    continue;
                }

                for (var t = 0; t < tokens; t++)
                {
                    target[t] = source[t * row];
                }
            }
        }

        if (tokens < tile)
        {
            for (var p = 0; p < columns; p++)
            {
                new Span<float>(to + (p * tile) + tokens, tile - tokens).Clear();
            }
        }
    }

    /// <summary>Where sums begin and end.</summary>
    private struct Sums
    {
        /// <summary>Sum of output o and token v at Y[o * YRow + v]; of fillers, o from N on, in a place of their own.</summary>
        public float* Y, Fillers;

        public nint YRow, FillerRow;

        public int N;

        /// <summary>First added: a float for each output, fillers included, or null.</summary>
        public float* Bias;

        /// <summary>Added too: like Y, without fillers; or null.</summary>
        public float* Start;

        public nint StartRow;

        public float Lo, Hi;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float* Row(int output) => output < N ? Y + (output * YRow) : Fillers + (output * FillerRow);

        /// <summary>Where the start of an output lies; of fillers it has no meaning, but is an input and not some accident of memory.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float* StartOf(int output, int token, float* x) => output < N ? Start + (output * StartRow) + token : x;
    }

    // In bounds, all: offsets are multiples of the tile below the block times the tile, and the vectors from v on stay within the tile; rows are those of y.

    /// <summary>Four outputs, four vectors of tokens.</summary>
    private static void Rows4<TV, TOps>(Sums* sums, float* x, int v, float* weights, ushort* offsets, int count, ushort* order)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        x += v;
        float* y0 = sums->Row(order[0]) + v, y1 = sums->Row(order[1]) + v, y2 = sums->Row(order[2]) + v, y3 = sums->Row(order[3]) + v;
        TV a0 = default, a1 = default, a2 = default, a3 = default;
        if (sums->Bias != null)
        {
            a0 = TOps.Broadcast(sums->Bias + order[0]);
            a1 = TOps.Broadcast(sums->Bias + order[1]);
            a2 = TOps.Broadcast(sums->Bias + order[2]);
            a3 = TOps.Broadcast(sums->Bias + order[3]);
        }

        TV b0 = a0, b1 = a1, b2 = a2, b3 = a3;
        TV c0 = a0, c1 = a1, c2 = a2, c3 = a3;
        TV d0 = a0, d1 = a1, d2 = a2, d3 = a3;
        if (sums->Start != null)
        {
            var start = sums->StartOf(order[0], v, x);
            a0 = TOps.Add(a0, TOps.Load(start));
            b0 = TOps.Add(b0, TOps.Load(start + n));
            c0 = TOps.Add(c0, TOps.Load(start + (2 * n)));
            d0 = TOps.Add(d0, TOps.Load(start + (3 * n)));
            start = sums->StartOf(order[1], v, x);
            a1 = TOps.Add(a1, TOps.Load(start));
            b1 = TOps.Add(b1, TOps.Load(start + n));
            c1 = TOps.Add(c1, TOps.Load(start + (2 * n)));
            d1 = TOps.Add(d1, TOps.Load(start + (3 * n)));
            start = sums->StartOf(order[2], v, x);
            a2 = TOps.Add(a2, TOps.Load(start));
            b2 = TOps.Add(b2, TOps.Load(start + n));
            c2 = TOps.Add(c2, TOps.Load(start + (2 * n)));
            d2 = TOps.Add(d2, TOps.Load(start + (3 * n)));
            start = sums->StartOf(order[3], v, x);
            a3 = TOps.Add(a3, TOps.Load(start));
            b3 = TOps.Add(b3, TOps.Load(start + n));
            c3 = TOps.Add(c3, TOps.Load(start + (2 * n)));
            d3 = TOps.Add(d3, TOps.Load(start + (3 * n)));
        }

        for (var end = weights + (count * Group); weights != end; weights += Group, offsets += Group)
        {
            var four = *(ulong*)offsets;
            var w = TOps.Broadcast(weights);
            var at = x + (ushort)four;
            a0 = TOps.MultiplyAdd(w, TOps.Load(at), a0);
            b0 = TOps.MultiplyAdd(w, TOps.Load(at + n), b0);
            c0 = TOps.MultiplyAdd(w, TOps.Load(at + (2 * n)), c0);
            d0 = TOps.MultiplyAdd(w, TOps.Load(at + (3 * n)), d0);
            w = TOps.Broadcast(weights + 1);
            at = x + (ushort)(four >> 16);
            a1 = TOps.MultiplyAdd(w, TOps.Load(at), a1);
            b1 = TOps.MultiplyAdd(w, TOps.Load(at + n), b1);
            c1 = TOps.MultiplyAdd(w, TOps.Load(at + (2 * n)), c1);
            d1 = TOps.MultiplyAdd(w, TOps.Load(at + (3 * n)), d1);
            w = TOps.Broadcast(weights + 2);
            at = x + (ushort)(four >> 32);
            a2 = TOps.MultiplyAdd(w, TOps.Load(at), a2);
            b2 = TOps.MultiplyAdd(w, TOps.Load(at + n), b2);
            c2 = TOps.MultiplyAdd(w, TOps.Load(at + (2 * n)), c2);
            d2 = TOps.MultiplyAdd(w, TOps.Load(at + (3 * n)), d2);
            w = TOps.Broadcast(weights + 3);
            at = x + (four >> 48);
            a3 = TOps.MultiplyAdd(w, TOps.Load(at), a3);
            b3 = TOps.MultiplyAdd(w, TOps.Load(at + n), b3);
            c3 = TOps.MultiplyAdd(w, TOps.Load(at + (2 * n)), c3);
            d3 = TOps.MultiplyAdd(w, TOps.Load(at + (3 * n)), d3);
        }

        TV low = TOps.Create(sums->Lo), high = TOps.Create(sums->Hi);
        TOps.Store(y0, TOps.Min(high, TOps.Max(low, a0)));
        TOps.Store(y0 + n, TOps.Min(high, TOps.Max(low, b0)));
        TOps.Store(y0 + (2 * n), TOps.Min(high, TOps.Max(low, c0)));
        TOps.Store(y0 + (3 * n), TOps.Min(high, TOps.Max(low, d0)));
        TOps.Store(y1, TOps.Min(high, TOps.Max(low, a1)));
        TOps.Store(y1 + n, TOps.Min(high, TOps.Max(low, b1)));
        TOps.Store(y1 + (2 * n), TOps.Min(high, TOps.Max(low, c1)));
        TOps.Store(y1 + (3 * n), TOps.Min(high, TOps.Max(low, d1)));
        TOps.Store(y2, TOps.Min(high, TOps.Max(low, a2)));
        TOps.Store(y2 + n, TOps.Min(high, TOps.Max(low, b2)));
        TOps.Store(y2 + (2 * n), TOps.Min(high, TOps.Max(low, c2)));
        TOps.Store(y2 + (3 * n), TOps.Min(high, TOps.Max(low, d2)));
        TOps.Store(y3, TOps.Min(high, TOps.Max(low, a3)));
        TOps.Store(y3 + n, TOps.Min(high, TOps.Max(low, b3)));
        TOps.Store(y3 + (2 * n), TOps.Min(high, TOps.Max(low, c3)));
        TOps.Store(y3 + (3 * n), TOps.Min(high, TOps.Max(low, d3)));
    }

    /// <summary>Four outputs, two vectors of tokens.</summary>
    private static void Rows2<TV, TOps>(Sums* sums, float* x, int v, float* weights, ushort* offsets, int count, ushort* order)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        x += v;
        float* y0 = sums->Row(order[0]) + v, y1 = sums->Row(order[1]) + v, y2 = sums->Row(order[2]) + v, y3 = sums->Row(order[3]) + v;
        TV a0 = default, a1 = default, a2 = default, a3 = default;
        if (sums->Bias != null)
        {
            a0 = TOps.Broadcast(sums->Bias + order[0]);
            a1 = TOps.Broadcast(sums->Bias + order[1]);
            a2 = TOps.Broadcast(sums->Bias + order[2]);
            a3 = TOps.Broadcast(sums->Bias + order[3]);
        }

        TV b0 = a0, b1 = a1, b2 = a2, b3 = a3;
        if (sums->Start != null)
        {
            var start = sums->StartOf(order[0], v, x);
            a0 = TOps.Add(a0, TOps.Load(start));
            b0 = TOps.Add(b0, TOps.Load(start + n));
            start = sums->StartOf(order[1], v, x);
            a1 = TOps.Add(a1, TOps.Load(start));
            b1 = TOps.Add(b1, TOps.Load(start + n));
            start = sums->StartOf(order[2], v, x);
            a2 = TOps.Add(a2, TOps.Load(start));
            b2 = TOps.Add(b2, TOps.Load(start + n));
            start = sums->StartOf(order[3], v, x);
            a3 = TOps.Add(a3, TOps.Load(start));
            b3 = TOps.Add(b3, TOps.Load(start + n));
        }

        for (var end = weights + (count * Group); weights != end; weights += Group, offsets += Group)
        {
            var four = *(ulong*)offsets;
            var w = TOps.Broadcast(weights);
            var at = x + (ushort)four;
            a0 = TOps.MultiplyAdd(w, TOps.Load(at), a0);
            b0 = TOps.MultiplyAdd(w, TOps.Load(at + n), b0);
            w = TOps.Broadcast(weights + 1);
            at = x + (ushort)(four >> 16);
            a1 = TOps.MultiplyAdd(w, TOps.Load(at), a1);
            b1 = TOps.MultiplyAdd(w, TOps.Load(at + n), b1);
            w = TOps.Broadcast(weights + 2);
            at = x + (ushort)(four >> 32);
            a2 = TOps.MultiplyAdd(w, TOps.Load(at), a2);
            b2 = TOps.MultiplyAdd(w, TOps.Load(at + n), b2);
            w = TOps.Broadcast(weights + 3);
            at = x + (four >> 48);
            a3 = TOps.MultiplyAdd(w, TOps.Load(at), a3);
            b3 = TOps.MultiplyAdd(w, TOps.Load(at + n), b3);
        }

        TV low = TOps.Create(sums->Lo), high = TOps.Create(sums->Hi);
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
    private static void Rows1<TV, TOps>(Sums* sums, float* x, int v, float* weights, ushort* offsets, int count, ushort* order)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        x += v;
        float* y0 = sums->Row(order[0]) + v, y1 = sums->Row(order[1]) + v, y2 = sums->Row(order[2]) + v, y3 = sums->Row(order[3]) + v;
        TV a0 = default, a1 = default, a2 = default, a3 = default;
        if (sums->Bias != null)
        {
            a0 = TOps.Broadcast(sums->Bias + order[0]);
            a1 = TOps.Broadcast(sums->Bias + order[1]);
            a2 = TOps.Broadcast(sums->Bias + order[2]);
            a3 = TOps.Broadcast(sums->Bias + order[3]);
        }

        if (sums->Start != null)
        {
            var start = sums->StartOf(order[0], v, x);
            a0 = TOps.Add(a0, TOps.Load(start));
            start = sums->StartOf(order[1], v, x);
            a1 = TOps.Add(a1, TOps.Load(start));
            start = sums->StartOf(order[2], v, x);
            a2 = TOps.Add(a2, TOps.Load(start));
            start = sums->StartOf(order[3], v, x);
            a3 = TOps.Add(a3, TOps.Load(start));
        }

        for (var end = weights + (count * Group); weights != end; weights += Group, offsets += Group)
        {
            var four = *(ulong*)offsets;
            var w = TOps.Broadcast(weights);
            var at = x + (ushort)four;
            a0 = TOps.MultiplyAdd(w, TOps.Load(at), a0);
            w = TOps.Broadcast(weights + 1);
            at = x + (ushort)(four >> 16);
            a1 = TOps.MultiplyAdd(w, TOps.Load(at), a1);
            w = TOps.Broadcast(weights + 2);
            at = x + (ushort)(four >> 32);
            a2 = TOps.MultiplyAdd(w, TOps.Load(at), a2);
            w = TOps.Broadcast(weights + 3);
            at = x + (four >> 48);
            a3 = TOps.MultiplyAdd(w, TOps.Load(at), a3);
        }

        TV low = TOps.Create(sums->Lo), high = TOps.Create(sums->Hi);
        TOps.Store(y0, TOps.Min(high, TOps.Max(low, a0)));
        TOps.Store(y1, TOps.Min(high, TOps.Max(low, a1)));
        TOps.Store(y2, TOps.Min(high, TOps.Max(low, a2)));
        TOps.Store(y3, TOps.Min(high, TOps.Max(low, a3)));
    }
}
