using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class GemvTests
{
    private delegate void GroupBody(float* x, float* weights, byte* lanes, ushort* windows, int count, float* sums);

    public static TheoryData<int, int, double> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, double>();
            foreach (var (inputs, outputs) in new[] { (1, 1), (3, 17), (16, 16), (31, 33), (32, 8), (100, 10), (129, 64), (300, 100) })
            {
                foreach (var zeros in new[] { 0, 0.5, 0.9, 1 })
                {
                    data.Add(inputs, outputs, zeros);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void DenseGemvGivesTheProductAtEveryWidth(int inputs, int outputs, double zeros)
    {
        var t = new Case(inputs, outputs, zeros);
        var pack = DenseGemvPack.Pack(t.Weights, t.Bias, outputs, inputs);
        using var x = new NativeCopy<float>(t.X);
        using var w = new NativeCopy<float>(pack.Weights);
        using var b = new NativeCopy<float>(pack.Bias);
        using var r = new NativeCopy<float>(t.Residual);
        t.Check("widest", y => DenseGemv.Run(x.Pointer, y, w.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
        t.Check("512", y => DenseGemv.Body<Vector512<float>, Lanes512>(x.Pointer, y, w.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
        t.Check("256", y => DenseGemv.Body<Vector256<float>, Lanes256>(x.Pointer, y, w.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
        t.Check("128", y => DenseGemv.Body<Vector128<float>, Lanes128>(x.Pointer, y, w.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
        t.Check("scalar", y => DenseGemv.Scalar(x.Pointer, y, w.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SparseGemvWindowsGivesTheProduct(int inputs, int outputs, double zeros)
    {
        var t = new Case(inputs, outputs, zeros);
        var pack = SparseGemvWindowsPack.Pack(t.Weights, t.Bias, outputs, inputs);
        using var x = new NativeCopy<float>(t.X, SparseGemvWindows.ReadableInputs(inputs) - inputs);
        using var w = new NativeCopy<float>(pack.Weights);
        using var l = new NativeCopy<byte>(pack.Lanes);
        using var n = new NativeCopy<ushort>(pack.Windows);
        using var s = new NativeCopy<int>(pack.Steps);
        using var b = new NativeCopy<float>(pack.Bias);
        using var o = new NativeCopy<ushort>(pack.Order);
        using var r = new NativeCopy<float>(t.Residual);
        var order = pack.Order is null ? null : o.Pointer;
        t.Check("widest", y => SparseGemvWindows.Run(
            x.Pointer, y, w.Pointer, l.Pointer, n.Pointer, s.Pointer, b.Pointer, order, r.Pointer, outputs, t.Lo, t.Hi));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EveryBodyOfSparseGemvWindowsGivesTheSameSums(int inputs, int outputs, double zeros)
    {
        var t = new Case(inputs, outputs, zeros);
        var pack = SparseGemvWindowsPack.Pack(t.Weights, t.Bias, outputs, inputs);
        using var x = new NativeCopy<float>(t.X, SparseGemvWindows.ReadableInputs(inputs) - inputs);
        using var w = new NativeCopy<float>(pack.Weights);
        using var l = new NativeCopy<byte>(pack.Lanes);
        using var n = new NativeCopy<ushort>(pack.Windows);
        using var expected = new NativeCopy<float>([], SparseGemvWindows.Group);
        using var got = new NativeCopy<float>([], SparseGemvWindows.Group);
        var bodies = new List<GroupBody> { SparseGemvWindows.Group128 };
        if (Avx2.IsSupported)
        {
            bodies.Add(SparseGemvWindows.Group256);
        }

        if (Avx512F.IsSupported)
        {
            bodies.Add((x, w, l, n, steps, sums) => *(Vector512<float>*)sums = SparseGemvWindows.Group512(x, w, l, n, steps));
        }

        SparseGemvWindows.GroupScalar(x.Pointer, w.Pointer, l.Pointer, n.Pointer, pack.Steps[0], expected.Pointer);
        foreach (var body in bodies)
        {
            body(x.Pointer, w.Pointer, l.Pointer, n.Pointer, pack.Steps[0], got.Pointer);
            RandomMatrix.AssertClose(expected.Span, got.Span, inputs, body.Method.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SparseGemvRowsGivesTheProduct(int inputs, int outputs, double zeros)
    {
        var t = new Case(inputs, outputs, zeros);
        var pack = SparseGemvRowsPack.Pack(t.Weights, t.Bias, outputs, inputs);
        using var x = new NativeCopy<float>(t.X);
        using var w = new NativeCopy<float>(pack.Weights);
        using var i = new NativeCopy<ushort>(pack.Indices);
        using var s = new NativeCopy<int>(pack.Steps);
        using var b = new NativeCopy<float>(pack.Bias);
        using var o = new NativeCopy<ushort>(pack.Order);
        using var r = new NativeCopy<float>(t.Residual);
        var order = pack.Order is null ? null : o.Pointer;
        t.Check("widest", y => SparseGemvRows.Run(
            x.Pointer, y, w.Pointer, i.Pointer, s.Pointer, b.Pointer, order, r.Pointer, outputs, t.Lo, t.Hi));
        using var expected = new NativeCopy<float>([], SparseGemvRows.Group);
        using var got = new NativeCopy<float>([], SparseGemvRows.Group);
        SparseGemvRows.GroupScalar(x.Pointer, w.Pointer, i.Pointer, pack.Steps[0], expected.Pointer);
        SparseGemvRows.Group128(x.Pointer, w.Pointer, i.Pointer, pack.Steps[0], got.Pointer);
        RandomMatrix.AssertClose(expected.Span, got.Span, inputs, "128");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void CodebookGemvGivesTheProductAtEveryWidth(int inputs, int outputs, double zeros)
    {
        var t = new Case(inputs, outputs, zeros, w => MathF.Round(7 * w) / 7);
        var pack = CodebookGemvPack.Pack(t.Weights, t.Bias, outputs, inputs);
        Assert.NotNull(pack);
        using var x = new NativeCopy<float>(t.X);
        using var c = new NativeCopy<int>(pack.Codes);
        using var v = new NativeCopy<float>(pack.Table);
        using var b = new NativeCopy<float>(pack.Bias);
        using var r = new NativeCopy<float>(t.Residual);
        t.Check("widest", y => CodebookGemv.Run(x.Pointer, y, c.Pointer, v.Pointer, b.Pointer, r.Pointer, inputs, outputs, t.Lo, t.Hi));
        using var expected = new NativeCopy<float>([], CodebookGemv.Panel);
        using var got = new NativeCopy<float>([], CodebookGemv.Panel);
        CodebookGemv.SumsScalar(x.Pointer, c.Pointer, v.Pointer, inputs, expected.Pointer);
        if (Avx2.IsSupported)
        {
            Vector256<float> low = *(Vector256<float>*)v.Pointer, high = *(Vector256<float>*)(v.Pointer + 8);
            CodebookGemv.Sums256(x.Pointer, c.Pointer, low, high, inputs, got.Pointer);
            CodebookGemv.Sums256(x.Pointer, c.Pointer + 8, low, high, inputs, got.Pointer + 8);
            RandomMatrix.AssertClose(expected.Span, got.Span, inputs, "256");
        }

        if (Avx512F.IsSupported)
        {
            *(Vector512<float>*)got.Pointer = CodebookGemv.Sums512(x.Pointer, c.Pointer, *(Vector512<float>*)v.Pointer, inputs);
            RandomMatrix.AssertClose(expected.Span, got.Span, inputs, "512");
        }
    }

    [Fact]
    public void A_codebook_has_sixteen_values_and_no_more()
    {
        float[] weights = [.. Enumerable.Range(0, 17).Select(i => (float)i)];
        Assert.Null(CodebookGemvPack.Pack(weights, [], 1, 17));
        Assert.Null(CodebookGemvPack.Pack([float.NaN, 1], [], 1, 2));
        weights[16] = -0f;
        Assert.Equal(16, CodebookGemvPack.Pack(weights, [], 1, 17)!.Different);
    }

    [Fact]
    public void RowsOfVeryDifferentLengthsAreSorted()
    {
        // Every sixteenth row is full, the others have one weight: in order, each group would be as long as its full row.
        const int Inputs = 200, Outputs = 160;
        var weights = new float[Inputs * Outputs];
        for (var r = 0; r < Outputs; r++)
        {
            weights.AsSpan(r * Inputs, r % 16 == 0 ? Inputs : 1).Fill(0.5f);
        }

        Assert.NotNull(SparseGemvWindowsPack.Pack(weights, [], Outputs, Inputs).Order);
        var pack = SparseGemvRowsPack.Pack(weights, [], Outputs, Inputs);
        Assert.NotNull(pack.Order);
        Assert.True(pack.Steps.Sum() < 3 * Inputs);
    }

    private delegate void Kernel(float* y);

    private sealed class Case
    {
        private readonly float[] expected;
        private readonly int inputs;

        public Case(int inputs, int outputs, double zeros, Converter<float, float>? of = null)
        {
            var random = new Random((inputs * 1000) + outputs);
            this.inputs = inputs;
            X = RandomMatrix.Values(random, inputs);

            // Rows of different densities, so that the packers have something to sort.
            Weights = RandomMatrix.Values(random, inputs * outputs, zeros);
            for (var o = 0; o < outputs; o += 5)
            {
                Weights.AsSpan(o * inputs, inputs / 2).Clear();
            }

            Weights = of is null ? Weights : Array.ConvertAll(Weights, of);
            Bias = RandomMatrix.Values(random, outputs);
            Residual = RandomMatrix.Values(random, outputs);
            expected = RandomMatrix.Multiply(X, RandomMatrix.Transpose(Weights, outputs, inputs), Bias, Residual, 1, inputs, outputs, Lo, Hi);
        }

        public float Lo => -0.3f;

        public float Hi => 1.5f;

        public float[] X { get; }

        public float[] Weights { get; }

        public float[] Bias { get; }

        public float[] Residual { get; }

        public void Check(string what, Kernel kernel)
        {
            using var y = new NativeCopy<float>([], expected.Length);
            kernel(y.Pointer);
            RandomMatrix.AssertClose(expected, y.Span, inputs, what);
        }
    }
}
