// needs: Simd, Lanes, VectorMath
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>What follows the products in a step of a recurrent layer whose activations are the usual ones (sigmoid for gates, tanh else), in one pass over the state.</summary>
internal static unsafe class RecurrentGates
{
    /// <summary>LSTM: C = f C + i c, H = o tanh(C).</summary>
    /// <param name="gates">[4][hidden]: gates i, o, f, c before their activations; afterwards their contents have no meaning.</param>
    /// <param name="cell">C, replaced.</param>
    /// <param name="state">Receives H.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Lstm(float* gates, float* cell, float* state, int hidden)
    {
        if (Lanes512.IsNative)
        {
            Lstm<Vector512<float>, Lanes512>(gates, cell, state, hidden);
        }
        else if (Lanes256.IsNative)
        {
            Lstm<Vector256<float>, Lanes256>(gates, cell, state, hidden);
        }
        else if (Lanes128.IsNative)
        {
            Lstm<Vector128<float>, Lanes128>(gates, cell, state, hidden);
        }
        else
        {
            Lstm<float, Lanes1>(gates, cell, state, hidden);
        }
    }

    /// <summary>GRU whose reset gate acts on the state: r state.</summary>
    /// <param name="gates">[2][hidden]: gates z and r before their activations; receives the activations.</param>
    /// <param name="state">The state.</param>
    /// <param name="result">Receives the product.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Reset(float* gates, float* state, float* result, int hidden)
    {
        if (Lanes512.IsNative)
        {
            Reset<Vector512<float>, Lanes512>(gates, state, result, hidden);
        }
        else if (Lanes256.IsNative)
        {
            Reset<Vector256<float>, Lanes256>(gates, state, result, hidden);
        }
        else if (Lanes128.IsNative)
        {
            Reset<Vector128<float>, Lanes128>(gates, state, result, hidden);
        }
        else
        {
            Reset<float, Lanes1>(gates, state, result, hidden);
        }
    }

    /// <summary>GRU: H = n + z (H - n).</summary>
    /// <param name="gates">[3][hidden]: gates z, r and n before their activations. Where <paramref name="projection"/> is null, z behind its activation; r is not read.</param>
    /// <param name="projection">[hidden] for a reset gate that acts on the product, n = tanh(r n + projection); else null, n = tanh(n).</param>
    /// <param name="state">H, replaced.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Gru(float* gates, float* projection, float* state, int hidden)
    {
        if (Lanes512.IsNative)
        {
            Gru<Vector512<float>, Lanes512>(gates, projection, state, hidden);
        }
        else if (Lanes256.IsNative)
        {
            Gru<Vector256<float>, Lanes256>(gates, projection, state, hidden);
        }
        else if (Lanes128.IsNative)
        {
            Gru<Vector128<float>, Lanes128>(gates, projection, state, hidden);
        }
        else
        {
            Gru<float, Lanes1>(gates, projection, state, hidden);
        }
    }

    // In bounds, all: whole vectors are taken only where that many elements are left; what is left over goes through vectors of its own, the rest of which are the zeros of fresh stack memory.

    /// <summary><see cref="Lstm(float*, float*, float*, int)"/> for one vector width.</summary>
    public static void Lstm<TV, TOps>(float* gates, float* cell, float* state, int hidden)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        Sigmoids<TV, TOps>(gates, 3 * hidden);
        var k = 0;
        for (; k <= hidden - (4 * TOps.Count); k += 4 * TOps.Count)
        {
            Lstm4<TV, TOps>(gates + k, hidden, cell + k, state + k);
        }

        if (k < hidden)
        {
            LstmRest<TV, TOps>(gates + k, hidden, cell + k, state + k, hidden - k);
        }
    }

    /// <summary><see cref="Reset(float*, float*, float*, int)"/> for one vector width.</summary>
    public static void Reset<TV, TOps>(float* gates, float* state, float* result, int hidden)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        Sigmoids<TV, TOps>(gates, 2 * hidden);
        var r = gates + hidden;
        var k = 0;
        for (; k <= hidden - TOps.Count; k += TOps.Count)
        {
            TOps.Store(result + k, TOps.Multiply(TOps.Load(r + k), TOps.Load(state + k)));
        }

        for (; k < hidden; k++)
        {
            result[k] = r[k] * state[k];
        }
    }

    /// <summary><see cref="Gru(float*, float*, float*, int)"/> for one vector width.</summary>
    public static void Gru<TV, TOps>(float* gates, float* projection, float* state, int hidden)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        if (projection != null)
        {
            Sigmoids<TV, TOps>(gates, 2 * hidden);
        }

        var k = 0;
        for (; k <= hidden - (4 * TOps.Count); k += 4 * TOps.Count)
        {
            Gru4<TV, TOps>(gates + k, hidden, projection == null ? null : projection + k, state + k);
        }

        if (k < hidden)
        {
            GruRest<TV, TOps>(gates + k, hidden, projection == null ? null : projection + k, state + k, hidden - k);
        }
    }

    // Floats in the four vectors of the last few.
    private const int Part = 64;

    private static void Take(float* from, nint row, int count, float* to, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            new Span<float>(from + (i * row), count).CopyTo(new Span<float>(to + (i * Part), count));
        }
    }

    private static void Give(float* from, float* to, int count) => new Span<float>(from, count).CopyTo(new Span<float>(to, count));

    // In place. Methods with vector functions in them are not inlined further: the JIT would run out of its budget and call vector operations one by one.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sigmoids<TV, TOps>(float* x, int count)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        var k = 0;
        for (; k <= count - (4 * n); k += 4 * n)
        {
            Sigmoids4<TV, TOps>(x + k);
        }

        if (k < count)
        {
            SigmoidsOfRest<TV, TOps>(x + k, count - k);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sigmoids4<TV, TOps>(float* x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        TV a = TOps.Load(x), b = TOps.Load(x + n), c = TOps.Load(x + (2 * n)), d = TOps.Load(x + (3 * n));
        VectorMath.Sigmoids<TV, TOps>(ref a, ref b, ref c, ref d);
        TOps.Store(x, a);
        TOps.Store(x + n, b);
        TOps.Store(x + (2 * n), c);
        TOps.Store(x + (3 * n), d);
    }

    // The last few, in methods of their own: stack memory is cleared by whoever has it, used or not.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SigmoidsOfRest<TV, TOps>(float* x, int count)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var part = stackalloc float[Part];
        Take(x, 0, count, part, 1);
        Sigmoids4<TV, TOps>(part);
        Give(part, x, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LstmRest<TV, TOps>(float* gates, nint row, float* cell, float* state, int count)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var part = stackalloc float[6 * Part];
        Take(gates, row, count, part, 4);
        Take(cell, 0, count, part + (4 * Part), 1);
        Lstm4<TV, TOps>(part, Part, part + (4 * Part), part + (5 * Part));
        Give(part + (4 * Part), cell, count);
        Give(part + (5 * Part), state, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void GruRest<TV, TOps>(float* gates, nint row, float* projection, float* state, int count)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var part = stackalloc float[5 * Part];
        float* added = part + (4 * Part), old = part + (3 * Part);
        Take(gates, row, count, part, 3);
        Take(state, 0, count, old, 1);
        if (projection != null)
        {
            Take(projection, 0, count, added, 1);
        }

        Gru4<TV, TOps>(part, Part, projection == null ? null : added, old);
        Give(old, state, count);
    }

    // Four vectors of units; rows of gates are `row` floats apart, sigmoids are done.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lstm4<TV, TOps>(float* gates, nint row, float* cell, float* state)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        float* o = gates + row, f = o + row, x = f + row;
        TV a = TOps.Load(x), b = TOps.Load(x + n), c = TOps.Load(x + (2 * n)), d = TOps.Load(x + (3 * n));
        VectorMath.Tanhs<TV, TOps>(ref a, ref b, ref c, ref d);
        a = TOps.MultiplyAdd(TOps.Load(gates), a, TOps.Multiply(TOps.Load(f), TOps.Load(cell)));
        b = TOps.MultiplyAdd(TOps.Load(gates + n), b, TOps.Multiply(TOps.Load(f + n), TOps.Load(cell + n)));
        c = TOps.MultiplyAdd(TOps.Load(gates + (2 * n)), c, TOps.Multiply(TOps.Load(f + (2 * n)), TOps.Load(cell + (2 * n))));
        d = TOps.MultiplyAdd(TOps.Load(gates + (3 * n)), d, TOps.Multiply(TOps.Load(f + (3 * n)), TOps.Load(cell + (3 * n))));
        TOps.Store(cell, a);
        TOps.Store(cell + n, b);
        TOps.Store(cell + (2 * n), c);
        TOps.Store(cell + (3 * n), d);
        VectorMath.Tanhs<TV, TOps>(ref a, ref b, ref c, ref d);
        TOps.Store(state, TOps.Multiply(TOps.Load(o), a));
        TOps.Store(state + n, TOps.Multiply(TOps.Load(o + n), b));
        TOps.Store(state + (2 * n), TOps.Multiply(TOps.Load(o + (2 * n)), c));
        TOps.Store(state + (3 * n), TOps.Multiply(TOps.Load(o + (3 * n)), d));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Gru4<TV, TOps>(float* gates, nint row, float* projection, float* state)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var n = TOps.Count;
        float* r = gates + row, x = r + row;
        TV a = TOps.Load(x), b = TOps.Load(x + n), c = TOps.Load(x + (2 * n)), d = TOps.Load(x + (3 * n));
        if (projection != null)
        {
            a = TOps.MultiplyAdd(TOps.Load(r), a, TOps.Load(projection));
            b = TOps.MultiplyAdd(TOps.Load(r + n), b, TOps.Load(projection + n));
            c = TOps.MultiplyAdd(TOps.Load(r + (2 * n)), c, TOps.Load(projection + (2 * n)));
            d = TOps.MultiplyAdd(TOps.Load(r + (3 * n)), d, TOps.Load(projection + (3 * n)));
        }

        VectorMath.Tanhs<TV, TOps>(ref a, ref b, ref c, ref d);
        TOps.Store(state, TOps.MultiplyAdd(TOps.Load(gates), TOps.Subtract(TOps.Load(state), a), a));
        TOps.Store(state + n, TOps.MultiplyAdd(TOps.Load(gates + n), TOps.Subtract(TOps.Load(state + n), b), b));
        TOps.Store(state + (2 * n), TOps.MultiplyAdd(TOps.Load(gates + (2 * n)), TOps.Subtract(TOps.Load(state + (2 * n)), c), c));
        TOps.Store(state + (3 * n), TOps.MultiplyAdd(TOps.Load(gates + (3 * n)), TOps.Subtract(TOps.Load(state + (3 * n)), d), d));
    }
}
