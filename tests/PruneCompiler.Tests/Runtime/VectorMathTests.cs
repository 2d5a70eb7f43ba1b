using System.Numerics;
using System.Runtime.Intrinsics;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public class VectorMathTests
{
    public static TheoryData<string> Functions => ["Exp", "Log", "Tanh", "Sigmoid", "Erf", "Tanhs", "Sigmoids"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void EveryWidthIsWithinTwoUnitsInTheLastPlace(string function)
    {
        var oracle = Oracle(function);
        var worst = 0.0;
        foreach (var x in Samples())
        {
            var exact = oracle(x);
            foreach (var got in AllWidths(function, x))
            {
                if (double.IsNaN(exact) || double.IsInfinity(exact))
                {
                    Assert.Equal(exact, got);
                    continue;
                }

                if (Math.Abs(exact) > float.MaxValue)
                {
                    Assert.True(float.IsInfinity(got) || got == float.MaxValue, $"{function}({x}) = {got}");
                    continue;
                }

                var unit = (double)MathF.BitIncrement(MathF.Abs((float)exact)) - MathF.Abs((float)exact);
                worst = Math.Max(worst, Math.Abs(got - exact) / unit);
                Assert.True(Math.Abs(got - exact) <= 2.5 * unit, $"{function}({x:r}) = {got:r}, exactly {exact:r}");
            }
        }

        Assert.True(worst > 0, "the oracle is more exact than the function");
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void NotANumberAndInfinitiesGiveTheLimits(string function)
    {
        var oracle = Oracle(function);
        foreach (var x in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f })
        {
            foreach (var got in AllWidths(function, x))
            {
                Assert.Equal((float)oracle(x), got);
            }
        }
    }

    private static IEnumerable<float> Samples()
    {
        for (var i = -2000; i <= 2000; i++)
        {
            yield return i * 0.0531f;
            yield return i * 0.0007f;
        }

        for (var exponent = -149; exponent < 128; exponent++)
        {
            var x = MathF.ScaleB(1.37f, exponent);
            yield return x;
            yield return -x;
        }
    }

    private static Func<double, double> Oracle(string function) => function switch
    {
        "Exp" => Math.Exp,
        "Log" => Math.Log,
        "Tanh" or "Tanhs" => Math.Tanh,
        "Sigmoid" or "Sigmoids" => x => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x)),
        _ => Erf,
    };

    // The series near zero; the continued fraction of erfc, which converges fast, from 2 on.
    private static double Erf(double x)
    {
        if (double.IsNaN(x) || x == 0)
        {
            return x;
        }

        var t = Math.Abs(x);
        if (t > 6)
        {
            return Math.Sign(x);
        }

        if (t < 2)
        {
            double term = t, sum = t;
            for (var n = 1; n < 80; n++)
            {
                term *= -t * t / n;
                sum += term / ((2 * n) + 1);
            }

            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
        }

        var fraction = t;
        for (var n = 200; n > 0; n--)
        {
            fraction = t + (n / 2.0 / fraction);
        }

        return Math.Sign(x) * (1 - (Math.Exp(-t * t) / Math.Sqrt(Math.PI) / fraction));
    }

    private static float[] AllWidths(string function, float x)
    {
        var (a, b, c, d, e) = (Vector512.Create(x), Vector256.Create(x), Vector128.Create(x), new Vector<float>(x), x);
        return function switch
        {
            "Exp" => [VectorMath.Exp(a)[15], VectorMath.Exp(b)[7], VectorMath.Exp(c)[3], VectorMath.Exp(d)[0], VectorMath.Exp(e)],
            "Log" => [VectorMath.Log(a)[15], VectorMath.Log(b)[7], VectorMath.Log(c)[3], VectorMath.Log(d)[0], VectorMath.Log(e)],
            "Tanh" => [VectorMath.Tanh(a)[15], VectorMath.Tanh(b)[7], VectorMath.Tanh(c)[3], VectorMath.Tanh(d)[0], VectorMath.Tanh(e)],
            "Sigmoid" => [VectorMath.Sigmoid(a)[15], VectorMath.Sigmoid(b)[7], VectorMath.Sigmoid(c)[3], VectorMath.Sigmoid(d)[0], VectorMath.Sigmoid(e)],
            "Tanhs" or "Sigmoids" => [
                .. Four<Vector512<float>, Lanes512>(function, a), .. Four<Vector256<float>, Lanes256>(function, b), .. Four<Vector128<float>, Lanes128>(function, c), .. Four<float, Lanes1>(function, e)],
            _ => [VectorMath.Erf(a)[15], VectorMath.Erf(b)[7], VectorMath.Erf(c)[3], VectorMath.Erf(d)[0], VectorMath.Erf(e)],
        };
    }

    // Each of the four places once, among others.
    private static unsafe float[] Four<TV, TOps>(string function, TV x)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        var results = new float[4];
        for (var place = 0; place < 4; place++)
        {
            TV other = TOps.Create(0.75f), a = place == 0 ? x : other, b = place == 1 ? x : other, c = place == 2 ? x : other, d = place == 3 ? x : other;
            if (function == "Tanhs")
            {
                VectorMath.Tanhs<TV, TOps>(ref a, ref b, ref c, ref d);
            }
            else
            {
                VectorMath.Sigmoids<TV, TOps>(ref a, ref b, ref c, ref d);
            }

            var result = place == 0 ? a : place == 1 ? b : place == 2 ? c : d;
            results[place] = ((float*)&result)[TOps.Count - 1];
        }

        return results;
    }
}
