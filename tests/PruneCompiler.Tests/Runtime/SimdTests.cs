using System.Runtime.Intrinsics;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public class SimdTests
{
    [Theory]
    [InlineData(-1f, 0f)]
    [InlineData(3f, 3f)]
    [InlineData(7f, 6f)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.PositiveInfinity, 6f)]
    [InlineData(float.NegativeInfinity, 0f)]
    public void ClampLimitsAndLetsNaNThrough(float x, float expected)
    {
        Assert.Equal(expected, Simd.Clamp(x, 0f, 6f));
        Assert.Equal(Vector128.Create(expected), Simd.Clamp(Vector128.Create(x), Vector128.Create(0f), Vector128.Create(6f)));
        Assert.Equal(Vector256.Create(expected), Simd.Clamp(Vector256.Create(x), Vector256.Create(0f), Vector256.Create(6f)));
        Assert.Equal(Vector512.Create(expected), Simd.Clamp(Vector512.Create(x), Vector512.Create(0f), Vector512.Create(6f)));
    }

    [Fact]
    public void MultiplyAddIsTheProductPlusTheThird()
    {
        Assert.Equal(11f, Simd.MultiplyAdd(2f, 3f, 5f));
        Assert.Equal(Vector128.Create(11f), Simd.MultiplyAdd(Vector128.Create(2f), Vector128.Create(3f), Vector128.Create(5f)));
        Assert.Equal(Vector256.Create(11f), Simd.MultiplyAdd(Vector256.Create(2f), Vector256.Create(3f), Vector256.Create(5f)));
        Assert.Equal(Vector512.Create(11f), Simd.MultiplyAdd(Vector512.Create(2f), Vector512.Create(3f), Vector512.Create(5f)));
    }
}
