using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class SparseGemmTests
{
    public static TheoryData<int, int, int, double> Cases => new()
    {
        { 1, 1, 1, 0 }, { 8, 16, 4, 0.5 }, { 5, 40, 7, 0.9 }, { 32, 64, 33, 0.7 }, { 33, 257, 18, 0.8 }, { 49, 600, 30, 0.95 }, { 100, 30, 65, 1 }, { 17, 0, 6, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryWidthGivesTheProductForEveryLayout(int m, int k, int n, double zeros)
    {
        var random = new Random((m * 7919) + (k * 31) + n);
        var a = RandomMatrix.Values(random, m * k);
        var w = RandomMatrix.Values(random, n * k, zeros);
        var bias = RandomMatrix.Values(random, n);
        var residual = RandomMatrix.Values(random, m * n);
        var pack = SparseGemmPack.Pack(w, bias, n, k, m);
        using var weights = new NativeCopy<float>(pack.Weights);
        using var offsets = new NativeCopy<ushort>(pack.Offsets);
        using var steps = new NativeCopy<int>(pack.Steps);
        using var order = new NativeCopy<ushort>(pack.Order);
        using var packedBias = new NativeCopy<float>(pack.Bias);
        using var scratch = new NativeCopy<float>([], SparseGemm.ScratchFloats(m, n, k));
        foreach (var (tokensInside, withResidual) in new[] { (false, false), (true, true), (false, true) })
        {
            var expected = RandomMatrix.Multiply(a, RandomMatrix.Transpose(w, n, k), bias, withResidual ? residual : [], m, k, n, -0.4f, 3f);
            using var input = new NativeCopy<float>(tokensInside ? RandomMatrix.Transpose(a, m, k) : a);
            using var extra = new NativeCopy<float>(tokensInside ? RandomMatrix.Transpose(residual, m, n) : residual);
            var args = new SparseGemm.Arguments
            {
                A = input.Pointer,
                ARow = tokensInside ? 1 : k,
                AColumn = tokensInside ? m : 1,
                CRow = tokensInside ? 1 : n,
                CColumn = tokensInside ? m : 1,
                M = m,
                N = n,
                K = k,
                Weights = weights.Pointer,
                Offsets = offsets.Pointer,
                Steps = steps.Pointer,
                Order = order.Pointer,
                Bias = packedBias.Pointer,
                Residual = withResidual ? extra.Pointer : null,
                Lo = -0.4f,
                Hi = 3f,
                Scratch = scratch.Pointer,
            };
            var layout = tokensInside ? RandomMatrix.Transpose(expected, m, n) : expected;
            Check("512", args, layout, SparseGemm.Body<Vector512<float>, Lanes512>);
            Check("256", args, layout, SparseGemm.Body<Vector256<float>, Lanes256>);
            Check("128", args, layout, SparseGemm.Body<Vector128<float>, Lanes128>);
            Check("scalar", args, layout, SparseGemm.Body<float, Lanes1>);
            Check("widest", args, layout, (in SparseGemm.Arguments x) => SparseGemm.Run(
                x.A, x.ARow, x.AColumn, x.C, x.CRow, x.CColumn, x.M, x.N, x.K, x.Weights, x.Offsets, x.Steps, x.Order, x.Bias, x.Residual, x.Lo, x.Hi, x.Scratch));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(8, 8)]
    [InlineData(7, 9)]
    [InlineData(13, 37)]
    [InlineData(40, 24)]
    public void TransposeMakesRowsColumns(int rows, int columns)
    {
        var a = RandomMatrix.Values(new Random(rows), rows * columns);
        using var from = new NativeCopy<float>(a);
        using var to = new NativeCopy<float>([], columns * (rows + 2));
        Transpose.Run(from.Pointer, columns, to.Pointer, rows + 2, rows, columns);
        var expected = RandomMatrix.Transpose(a, rows, columns);
        for (var c = 0; c < columns; c++)
        {
            Assert.Equal(expected[(c * rows)..((c + 1) * rows)], to.Span.Slice(c * (rows + 2), rows).ToArray());
        }
    }

    private delegate void Body(in SparseGemm.Arguments args);

    private static void Check(string what, SparseGemm.Arguments args, float[] expected, Body body)
    {
        using var c = new NativeCopy<float>([], expected.Length);
        args.C = c.Pointer;
        body(args);
        RandomMatrix.AssertClose(expected, c.Span, args.K, $"{what}, token stride {args.ARow}");
    }
}
