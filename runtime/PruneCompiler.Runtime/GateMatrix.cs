// needs: Simd, DenseGemv, SparseGemvRows, SparseGemvWindows
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>How a <see cref="GateMatrix"/> is stored.</summary>
internal enum GateKernel
{
    /// <summary>Row-major, computed at run time.</summary>
    Plain,

    /// <summary>For <see cref="DenseGemv"/>.</summary>
    Dense,

    /// <summary>For <see cref="SparseGemvRows"/>.</summary>
    Rows,

    /// <summary>For <see cref="SparseGemvWindows"/>.</summary>
    Windows,
}

/// <summary>Recurrent weights of some gates: [outputs][inputs] in the form of one of the batch-1 kernels, whose parameters the fields are.</summary>
internal readonly unsafe struct GateMatrix(
    GateKernel kernel, int inputs, int outputs, float* weights, float* bias = null, ushort* indices = null, byte* lanes = null, ushort* windows = null, int* steps = null, ushort* order = null)
{
    /// <summary>y = W x + residual.</summary>
    /// <param name="x">The inputs; <see cref="SparseGemvWindows.ReadableInputs"/> floats are readable and finite.</param>
    /// <param name="y">The outputs; must not overlap x.</param>
    /// <param name="residual">The outputs' other terms, or null.</param>
    public void Multiply(float* x, float* y, float* residual)
    {
        switch (kernel)
        {
            case GateKernel.Dense:
                DenseGemv.Run(x, y, weights, bias, residual, inputs, outputs, float.NegativeInfinity, float.PositiveInfinity);
                break;
            case GateKernel.Rows:
                SparseGemvRows.Run(x, y, weights, indices, steps, bias, order, residual, outputs, float.NegativeInfinity, float.PositiveInfinity);
                break;
            case GateKernel.Windows:
                SparseGemvWindows.Run(x, y, weights, lanes, windows, steps, bias, order, residual, outputs, float.NegativeInfinity, float.PositiveInfinity);
                break;
            default:
                for (var o = 0; o < outputs; o++)
                {
                    y[o] = Dot(x, weights + ((long)o * inputs)) + (residual == null ? 0f : residual[o]);
                }

                break;
        }
    }

    private float Dot(float* x, float* row)
    {
        var sums = Vector<float>.Zero;
        var i = 0;
        for (; i <= inputs - Vector<float>.Count; i += Vector<float>.Count)
        {
            sums = Simd.MultiplyAdd(*(Vector<float>*)(x + i), *(Vector<float>*)(row + i), sums);
        }

        var sum = Vector.Sum(sums);
        for (; i < inputs; i++)
        {
            sum = Simd.MultiplyAdd(x[i], row[i], sum);
        }

        return sum;
    }
}
