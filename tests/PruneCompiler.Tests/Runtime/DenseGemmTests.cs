using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class DenseGemmTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 3, 5, 2 }, { 8, 7, 48 }, { 8, 64, 96 }, { 7, 9, 47 }, { 9, 33, 49 }, { 13, 40, 16 }, { 6, 12, 33 }, { 97, 31, 65 }, { 200, 20, 17 },
        { 11, 1030, 50 }, { 100, 513, 30 }, { 5, 0, 20 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EveryWidthGivesTheProductForEveryLayoutAndEpilogue(int m, int k, int n)
    {
        var random = new Random((m * 7919) + (k * 31) + n);
        var a = RandomMatrix.Values(random, m * k);
        var b = RandomMatrix.Values(random, k * n);
        var bias = RandomMatrix.Values(random, n);
        var residual = RandomMatrix.Values(random, m * n);
        foreach (var (aTransposed, bTransposed, withBias, withResidual) in new[]
        {
            (false, false, false, false), (false, true, true, false), (true, false, false, true), (true, true, true, true),
        })
        {
            var (lo, hi) = withBias ? (-0.5f, 2f) : (float.NegativeInfinity, float.PositiveInfinity);
            var expected = RandomMatrix.Multiply(a, b, withBias ? bias : [], withResidual ? residual : [], m, k, n, lo, hi);
            using var na = new NativeCopy<float>(aTransposed ? RandomMatrix.Transpose(a, m, k) : a);
            using var nb = new NativeCopy<float>(DenseGemmPacker.Pack(bTransposed ? RandomMatrix.Transpose(b, k, n) : b, k, n, bTransposed));
            using var nbias = new NativeCopy<float>(bias);
            using var nresidual = new NativeCopy<float>(residual);
            using var scratch = new NativeCopy<float>([], DenseGemm.ScratchFloats(m, k));
            var args = new DenseGemm.Arguments
            {
                A = na.Pointer,
                ARow = aTransposed ? 1 : k,
                AColumn = aTransposed ? m : 1,
                B = nb.Pointer,
                CRow = n,
                M = m,
                N = n,
                K = k,
                Alpha = 1f,
                ColumnBias = withBias ? nbias.Pointer : null,
                Residual = withResidual ? nresidual.Pointer : null,
                ResidualRow = n,
                Lo = lo,
                Hi = hi,
                Scratch = scratch.Pointer,
            };
            Check("512", args, expected, DenseGemm.Body<Vector512<float>, Lanes512, Size8, Size4, Size3>);
            Check("256", args, expected, DenseGemm.Body<Vector256<float>, Lanes256, Size6, Size3, Size2>);
            Check("128", args, expected, DenseGemm.Body<Vector128<float>, Lanes128, Size6, Size3, Size4>);
            Check("scalar", args, expected, DenseGemm.Scalar);
            Check("widest", args, expected, (in DenseGemm.Arguments x) => DenseGemm.Run(
                x.A, x.ARow, x.AColumn, x.B, x.C, x.CRow, x.M, x.N, x.K, x.Alpha, x.ColumnBias, x.RowBias, x.Residual, x.ResidualRow, x.Lo, x.Hi, x.Scratch));
        }
    }

    [Fact]
    public void AlphaRowBiasAndGapsBetweenRowsAreHonoured()
    {
        const int M = 21, K = 37, N = 50, Gap = 3;
        var random = new Random(5);
        var a = RandomMatrix.Values(random, M * K);
        var b = RandomMatrix.Values(random, K * N);
        var rowBias = RandomMatrix.Values(random, M);
        using var na = new NativeCopy<float>(a);
        using var nb = new NativeCopy<float>(DenseGemmPacker.Pack(b, K, N, false));
        using var bias = new NativeCopy<float>(rowBias);
        using var c = new NativeCopy<float>([], M * (N + Gap));
        using var scratch = new NativeCopy<float>([], DenseGemm.ScratchFloats(M, K));
        c.Span.Fill(99f);
        DenseGemm.Run(
            na.Pointer, K, 1, nb.Pointer, c.Pointer, N + Gap, M, N, K, 0.5f, null, bias.Pointer, null, 0, float.NegativeInfinity, float.PositiveInfinity, scratch.Pointer);
        var product = RandomMatrix.Multiply(a, b, [], [], M, K, N, float.NegativeInfinity, float.PositiveInfinity);
        for (var i = 0; i < M; i++)
        {
            for (var j = 0; j < N + Gap; j++)
            {
                var expected = j < N ? (0.5f * product[(i * N) + j]) + rowBias[i] : 99f;
                Assert.True(Math.Abs(expected - c.Span[(i * (N + Gap)) + j]) < 1e-5, $"row {i}, column {j}");
            }
        }
    }

    private delegate void Body(in DenseGemm.Arguments args);

    private static void Check(string what, DenseGemm.Arguments args, float[] expected, Body body)
    {
        using var c = new NativeCopy<float>([], expected.Length);
        args.C = c.Pointer;
        body(args);
        RandomMatrix.AssertClose(expected, c.Span, args.K, $"{what}, A strides {args.ARow} {args.AColumn}");
    }
}
