// needs: RecurrentActivation, RecurrentGates, GateMatrix, Recurrent, Simd
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>One step of one sequence of a recurrent layer.</summary>
internal readonly unsafe struct RecurrentCells(
    GateMatrix first, GateMatrix second, float* hiddenBias, float* peepholes, int hidden, bool inputForget, float clip,
    RecurrentActivation f, RecurrentActivation g, RecurrentActivation h, float* state, float* other, float* cell, float* gates)
{
    private readonly bool usual = clip == float.PositiveInfinity && f.Is(RecurrentFunction.Sigmoid) && g.Is(RecurrentFunction.Tanh);

    /// <summary>Replaces the state by the next one.</summary>
    /// <param name="kind">Kind of the layer.</param>
    /// <param name="projection">W x + bias of all gates.</param>
    public void Step(RecurrentKind kind, float* projection)
    {
        switch (kind)
        {
            case RecurrentKind.Rnn:
                first.Multiply(state, gates, projection);
                f.Apply(gates, hidden, clip);
                Copy(gates, state);
                break;
            case RecurrentKind.Lstm:
                Lstm(projection);
                break;
            default:
                Gru(projection, kind == RecurrentKind.GruLinear);
                break;
        }
    }

    // Gates z (update), r (reset), n (new): h = n + z (h - n).
    private void Gru(float* projection, bool linear)
    {
        float* z = gates, r = gates + hidden, n = gates + (2 * hidden);
        first.Multiply(state, gates, projection);
        if (usual)
        {
            if (linear)
            {
                second.Multiply(state, n, hiddenBias);
                RecurrentGates.Gru(gates, projection + (2 * hidden), state, hidden);
            }
            else
            {
                RecurrentGates.Reset(gates, state, other, hidden);
                second.Multiply(other, n, projection + (2 * hidden));
                RecurrentGates.Gru(gates, null, state, hidden);
            }

            return;
        }

        f.Apply(gates, 2 * hidden, clip);
        if (linear)
        {
            second.Multiply(state, n, hiddenBias);
            MultiplyAdd(n, r, projection + (2 * hidden));
        }
        else
        {
            Multiply(state, r, other);
            second.Multiply(other, n, projection + (2 * hidden));
        }

        g.Apply(n, hidden, clip);
        Mix(z, n);
    }

    // Gates i (input), o (output), f (forget), c (cell): C = f C + i c, H = o h(C).
    private void Lstm(float* projection)
    {
        float* i = gates, o = gates + hidden, forget = gates + (2 * hidden), c = gates + (3 * hidden), activated = gates + (4 * hidden);
        first.Multiply(state, gates, projection);
        if (usual && h.Is(RecurrentFunction.Tanh) && peepholes == null && !inputForget)
        {
            RecurrentGates.Lstm(gates, cell, state, hidden);
            return;
        }

        if (peepholes != null)
        {
            AddProduct(i, peepholes, cell);
            AddProduct(forget, peepholes + (2 * hidden), cell);
        }

        f.Apply(i, hidden, clip);
        if (inputForget)
        {
            for (var k = 0; k < hidden; k++)
            {
                forget[k] = 1f - i[k];
            }
        }
        else
        {
            f.Apply(forget, hidden, clip);
        }

        g.Apply(c, hidden, clip);
        Multiply(cell, forget, cell);
        AddProduct(cell, i, c);
        if (peepholes != null)
        {
            AddProduct(o, peepholes + hidden, cell);
        }

        f.Apply(o, hidden, clip);
        Copy(cell, activated);
        h.Apply(activated, hidden, float.PositiveInfinity);
        Multiply(o, activated, state);
    }

    private void Mix(float* z, float* n)
    {
        var k = 0;
        for (; k <= hidden - Vector<float>.Count; k += Vector<float>.Count)
        {
            var next = *(Vector<float>*)(n + k);
            *(Vector<float>*)(state + k) = Simd.MultiplyAdd(*(Vector<float>*)(z + k), *(Vector<float>*)(state + k) - next, next);
        }

        for (; k < hidden; k++)
        {
            state[k] = Simd.MultiplyAdd(z[k], state[k] - n[k], n[k]);
        }
    }

    // sum += a * b
    private void AddProduct(float* sum, float* a, float* b)
    {
        var k = 0;
        for (; k <= hidden - Vector<float>.Count; k += Vector<float>.Count)
        {
            *(Vector<float>*)(sum + k) = Simd.MultiplyAdd(*(Vector<float>*)(a + k), *(Vector<float>*)(b + k), *(Vector<float>*)(sum + k));
        }

        for (; k < hidden; k++)
        {
            sum[k] = Simd.MultiplyAdd(a[k], b[k], sum[k]);
        }
    }

    // x = x * factor + term
    private void MultiplyAdd(float* x, float* factor, float* term)
    {
        var k = 0;
        for (; k <= hidden - Vector<float>.Count; k += Vector<float>.Count)
        {
            *(Vector<float>*)(x + k) = Simd.MultiplyAdd(*(Vector<float>*)(x + k), *(Vector<float>*)(factor + k), *(Vector<float>*)(term + k));
        }

        for (; k < hidden; k++)
        {
            x[k] = Simd.MultiplyAdd(x[k], factor[k], term[k]);
        }
    }

    private void Multiply(float* a, float* b, float* result)
    {
        var k = 0;
        for (; k <= hidden - Vector<float>.Count; k += Vector<float>.Count)
        {
            *(Vector<float>*)(result + k) = *(Vector<float>*)(a + k) * *(Vector<float>*)(b + k);
        }

        for (; k < hidden; k++)
        {
            result[k] = a[k] * b[k];
        }
    }

    private void Copy(float* from, float* to)
    {
        for (var k = 0; k < hidden; k++)
        {
            to[k] = from[k];
        }
    }
}
