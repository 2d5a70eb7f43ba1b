// needs: Simd, VectorMath, VectorElements
using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>The functions that recurrent layers can have.</summary>
internal enum RecurrentFunction
{
    Sigmoid,
    Tanh,
    Relu,
    Affine,
    LeakyRelu,
    ThresholdedRelu,
    ScaledTanh,
    HardSigmoid,
    Elu,
    Softsign,
    Softplus,
}

/// <summary>An activation of a recurrent layer.</summary>
internal readonly unsafe struct RecurrentActivation(RecurrentFunction function, float alpha, float beta)
{
    /// <summary>True when it is this function.</summary>
    public bool Is(RecurrentFunction other) => function == other;

    /// <summary>Applies the activation to <paramref name="count"/> values in place, after limiting them to [-clip, clip].</summary>
    /// <param name="x">The values.</param>
    /// <param name="count">How many.</param>
    /// <param name="clip">The limit; infinity for none.</param>
    public void Apply(float* x, int count, float clip)
    {
        if (clip < float.PositiveInfinity)
        {
            for (var i = 0; i < count; i++)
            {
                x[i] = Simd.Clamp(x[i], -clip, clip);
            }
        }

        var at = 0;
        var n = Vector<float>.Count;
        switch (function)
        {
            case RecurrentFunction.Sigmoid:
                for (; at <= count - n; at += n)
                {
                    *(Vector<float>*)(x + at) = VectorMath.Sigmoid(*(Vector<float>*)(x + at));
                }

                break;
            case RecurrentFunction.Tanh:
                for (; at <= count - n; at += n)
                {
                    *(Vector<float>*)(x + at) = VectorMath.Tanh(*(Vector<float>*)(x + at));
                }

                break;
        }

        for (; at < count; at++)
        {
            x[at] = Apply(x[at]);
        }
    }

    private float Apply(float x) => function switch
    {
        RecurrentFunction.Sigmoid => VectorMath.Sigmoid(x),
        RecurrentFunction.Tanh => VectorMath.Tanh(x),
        RecurrentFunction.Relu => MathF.Max(x, 0f),
        RecurrentFunction.Affine => (alpha * x) + beta,
        RecurrentFunction.LeakyRelu => x >= 0f ? x : alpha * x,
        RecurrentFunction.ThresholdedRelu => x > alpha ? x : 0f,
        RecurrentFunction.ScaledTanh => alpha * VectorMath.Tanh(beta * x),
        RecurrentFunction.HardSigmoid => MathF.Min(1f, MathF.Max(0f, (alpha * x) + beta)),
        RecurrentFunction.Elu => x >= 0f ? x : alpha * (MathF.Exp(x) - 1f),
        RecurrentFunction.Softsign => x / (1f + MathF.Abs(x)),
        _ => MathF.Max(x, 0f) + MathF.Log(1f + MathF.Exp(-MathF.Abs(x))),
    };
}
