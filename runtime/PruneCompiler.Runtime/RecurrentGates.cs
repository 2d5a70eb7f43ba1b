// needs: Simd, Lanes, VectorMath
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>What follows the products in a step of a recurrent layer whose activations are the usual ones (sigmoid for gates, tanh else), in one pass over the state.</summary>
internal static unsafe class RecurrentGates
{
    /// <summary>LSTM: C = f C + i c, H = o tanh(C).</summary>
    /// <param name="gates">[4][hidden]: gates i, o, f, c before their activations.</param>
    /// <param name="cell">C, replaced.</param>
    /// <param name="state">Receives H.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Lstm(float* gates, float* cell, float* state, int hidden)
    {
        var at = Lanes512.IsNative ? Lstm<Vector512<float>, Lanes512>(gates, cell, state, hidden, 0)
            : Lanes256.IsNative ? Lstm<Vector256<float>, Lanes256>(gates, cell, state, hidden, 0)
            : Lanes128.IsNative ? Lstm<Vector128<float>, Lanes128>(gates, cell, state, hidden, 0)
            : 0;
        Lstm<float, Lanes1>(gates, cell, state, hidden, at);
    }

    /// <summary>GRU whose reset gate acts on the state: r state.</summary>
    /// <param name="r">[hidden]: the reset gate before its activation.</param>
    /// <param name="state">The state.</param>
    /// <param name="result">Receives the product.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Reset(float* r, float* state, float* result, int hidden)
    {
        var at = Lanes512.IsNative ? Reset<Vector512<float>, Lanes512>(r, state, result, hidden, 0)
            : Lanes256.IsNative ? Reset<Vector256<float>, Lanes256>(r, state, result, hidden, 0)
            : Lanes128.IsNative ? Reset<Vector128<float>, Lanes128>(r, state, result, hidden, 0)
            : 0;
        Reset<float, Lanes1>(r, state, result, hidden, at);
    }

    /// <summary>GRU: H = n + z (H - n).</summary>
    /// <param name="gates">[3][hidden]: gates z, r and n before their activations; where <paramref name="projection"/> is null, r is not read.</param>
    /// <param name="projection">[hidden] for a reset gate that acts on the product, n = tanh(r n + projection); else null, n = tanh(n).</param>
    /// <param name="state">H, replaced.</param>
    /// <param name="hidden">Size of the state.</param>
    public static void Gru(float* gates, float* projection, float* state, int hidden)
    {
        var at = Lanes512.IsNative ? Gru<Vector512<float>, Lanes512>(gates, projection, state, hidden, 0)
            : Lanes256.IsNative ? Gru<Vector256<float>, Lanes256>(gates, projection, state, hidden, 0)
            : Lanes128.IsNative ? Gru<Vector128<float>, Lanes128>(gates, projection, state, hidden, 0)
            : 0;
        Gru<float, Lanes1>(gates, projection, state, hidden, at);
    }

    // In bounds, all: a vector is taken only where that many elements are left. They give the index of the first element that they left over.

    /// <summary><see cref="Lstm(float*, float*, float*, int)"/> for one vector width, from element <paramref name="k"/> on.</summary>
    public static int Lstm<TV, TOps>(float* gates, float* cell, float* state, int hidden, int k)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        float* o = gates + hidden, f = o + hidden, c = f + hidden;
        for (; k <= hidden - TOps.Count; k += TOps.Count)
        {
            var kept = TOps.Multiply(VectorMath.Sigmoid<TV, TOps>(TOps.Load(f + k)), TOps.Load(cell + k));
            var next = TOps.MultiplyAdd(VectorMath.Sigmoid<TV, TOps>(TOps.Load(gates + k)), VectorMath.Tanh<TV, TOps>(TOps.Load(c + k)), kept);
            TOps.Store(cell + k, next);
            TOps.Store(state + k, TOps.Multiply(VectorMath.Sigmoid<TV, TOps>(TOps.Load(o + k)), VectorMath.Tanh<TV, TOps>(next)));
        }

        return k;
    }

    /// <summary><see cref="Reset(float*, float*, float*, int)"/> for one vector width, from element <paramref name="k"/> on.</summary>
    public static int Reset<TV, TOps>(float* r, float* state, float* result, int hidden, int k)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        for (; k <= hidden - TOps.Count; k += TOps.Count)
        {
            TOps.Store(result + k, TOps.Multiply(VectorMath.Sigmoid<TV, TOps>(TOps.Load(r + k)), TOps.Load(state + k)));
        }

        return k;
    }

    /// <summary><see cref="Gru(float*, float*, float*, int)"/> for one vector width, from element <paramref name="k"/> on.</summary>
    public static int Gru<TV, TOps>(float* gates, float* projection, float* state, int hidden, int k)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        float* r = gates + hidden, n = r + hidden;
        for (; k <= hidden - TOps.Count; k += TOps.Count)
        {
            var fresh = TOps.Load(n + k);
            if (projection != null)
            {
                fresh = TOps.MultiplyAdd(VectorMath.Sigmoid<TV, TOps>(TOps.Load(r + k)), fresh, TOps.Load(projection + k));
            }

            fresh = VectorMath.Tanh<TV, TOps>(fresh);
            var z = VectorMath.Sigmoid<TV, TOps>(TOps.Load(gates + k));
            TOps.Store(state + k, TOps.MultiplyAdd(z, TOps.Subtract(TOps.Load(state + k), fresh), fresh));
        }

        return k;
    }
}
