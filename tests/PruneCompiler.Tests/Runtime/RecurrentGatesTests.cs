using System.Runtime.Intrinsics;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class RecurrentGatesTests
{
    private delegate void LstmBody(float* gates, float* cell, float* state, int hidden);

    private delegate void GruBody(float* gates, float* projection, float* state, int hidden);

    private delegate void ResetBody(float* gates, float* state, float* result, int hidden);

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(37)]
    [InlineData(64)]
    [InlineData(101)]
    public void EveryWidthOfAnLstmStepGivesTheFormula(int hidden)
    {
        var random = new Random(hidden);
        float[] gates = RandomMatrix.Values(random, 4 * hidden), cell = RandomMatrix.Values(random, hidden);
        double[] next = [.. Enumerable.Range(0, hidden).Select(k => (Sigmoid(gates[(2 * hidden) + k]) * cell[k]) + (Sigmoid(gates[k]) * Math.Tanh(gates[(3 * hidden) + k])))];
        foreach (LstmBody body in new LstmBody[] { RecurrentGates.Lstm<Vector512<float>, Lanes512>, RecurrentGates.Lstm<Vector256<float>, Lanes256>, RecurrentGates.Lstm<Vector128<float>, Lanes128>, RecurrentGates.Lstm<float, Lanes1> })
        {
            using var g = new NativeCopy<float>(gates);
            using var c = new NativeCopy<float>(cell);
            using var state = new NativeCopy<float>([], hidden);
            body(g.Pointer, c.Pointer, state.Pointer, hidden);
            for (int k = 0; k < hidden; k++)
            {
                Assert.Equal(next[k], c.Span[k], 1e-5);
                Assert.Equal(Sigmoid(gates[hidden + k]) * Math.Tanh(next[k]), state.Span[k], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(37, false)]
    [InlineData(37, true)]
    [InlineData(64, true)]
    [InlineData(128, false)]
    [InlineData(101, true)]
    public void EveryWidthOfAGruStepGivesTheFormula(int hidden, bool linear)
    {
        var random = new Random(hidden);
        float[] gates = RandomMatrix.Values(random, 3 * hidden), before = RandomMatrix.Values(random, hidden), projection = RandomMatrix.Values(random, hidden);
        foreach (GruBody body in new GruBody[] { RecurrentGates.Gru<Vector512<float>, Lanes512>, RecurrentGates.Gru<Vector256<float>, Lanes256>, RecurrentGates.Gru<Vector128<float>, Lanes128>, RecurrentGates.Gru<float, Lanes1> })
        {
            using var g = new NativeCopy<float>(gates);
            using var p = new NativeCopy<float>(projection);
            using var state = new NativeCopy<float>(before);
            if (!linear)
            {
                for (int k = 0; k < hidden; k++)
                {
                    g.Span[k] = (float)Sigmoid(gates[k]); // as Reset leaves it
                }
            }

            body(g.Pointer, linear ? p.Pointer : null, state.Pointer, hidden);
            for (int k = 0; k < hidden; k++)
            {
                double n = Math.Tanh(linear ? (Sigmoid(gates[hidden + k]) * gates[(2 * hidden) + k]) + projection[k] : gates[(2 * hidden) + k]);
                Assert.Equal(n + (Sigmoid(gates[k]) * (before[k] - n)), state.Span[k], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(75)]
    public void EveryWidthOfAResetGivesTheGatesAndTheProduct(int hidden)
    {
        var random = new Random(hidden);
        float[] gates = RandomMatrix.Values(random, 2 * hidden), state = RandomMatrix.Values(random, hidden);
        foreach (ResetBody body in new ResetBody[] { RecurrentGates.Reset<Vector512<float>, Lanes512>, RecurrentGates.Reset<Vector256<float>, Lanes256>, RecurrentGates.Reset<Vector128<float>, Lanes128>, RecurrentGates.Reset<float, Lanes1> })
        {
            using var g = new NativeCopy<float>(gates);
            using var old = new NativeCopy<float>(state);
            using var result = new NativeCopy<float>([], hidden);
            body(g.Pointer, old.Pointer, result.Pointer, hidden);
            for (int k = 0; k < hidden; k++)
            {
                Assert.Equal(Sigmoid(gates[k]), g.Span[k], 1e-6);
                Assert.Equal(Sigmoid(gates[hidden + k]), g.Span[hidden + k], 1e-6);
                Assert.Equal(Sigmoid(gates[hidden + k]) * state[k], result.Span[k], 1e-5);
            }
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
