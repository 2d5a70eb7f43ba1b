using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class MatrixSweep
{
    [Fact]
    public void Products()
    {
        var data = new SweepData(61);
        (int[] A, int[] B)[] shapes =
        [
            ([3, 4], [4, 5]), ([4], [4, 5]), ([3, 4], [4]), ([4], [4]), ([2, 3, 4], [4, 5]), ([2, 3, 4], [2, 4, 5]), ([2, 1, 3, 4], [3, 4, 5]), ([3, 4], [2, 4, 5]), ([1, 1], [1, 1]), ([2, 3, 4], [4]), ([4], [2, 4, 3]),
            ([0, 4], [4, 5]), ([3, 0], [0, 5]), ([2, 0, 4], [4, 5]), ([17, 33], [33, 49]),
        ];
        var cases = new List<SweepCase>();
        foreach (ElementType t in new[] { ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16, ElementType.Int32, ElementType.Int64, ElementType.UInt32 })
        {
            foreach ((int[] a, int[] b) in shapes)
            {
                cases.Add(new("MatMul", [data.Any(t, a), data.Any(t, b)]));
                cases.Add(new("MatMul", [data.Any(t, a), Fixed(data.Any(t, b))]));
            }

            cases.Add(new("Gemm", [data.Any(t, 3, 4), data.Any(t, 4, 5), data.Any(t, 5)]));
            cases.Add(new("Gemm", [data.Any(t, 4, 3), Fixed(data.Any(t, 5, 4)), Fixed(data.Any(t, 3, 1))], ("transA", 1), ("transB", 1)));
            cases.Add(new("Gemm", [data.Any(t, 3, 4), Fixed(data.Any(t, 4, 5))]));
            cases.Add(new("Gemm", [data.Any(t, 3, 4), data.Any(t, 4, 5), data.Any(t)]));
            if (t.IsFloat())
            {
                cases.Add(new("Gemm", [data.Any(t, 3, 4), Fixed(data.Any(t, 4, 5)), Fixed(data.Any(t, 1, 5))], ("alpha", 0.5f), ("beta", 2f)));
                cases.Add(new("Gemm", [data.Any(t, 3, 4), data.Any(t, 4, 5), data.Any(t, 3, 5)], ("alpha", -1f), ("beta", 0f)));
            }
        }

        // ONNX Runtime's kernel for uint32 writes int32.
        Sweeping.Check(13, cases.Select(c => c with { Oracle = c.Inputs[0]!.Tensor.Type != ElementType.UInt32 }));
    }

    [Fact]
    public void Einstein_sums()
    {
        var data = new SweepData(62);
        SweepCase Case(string equation, params int[][] shapes) => new("Einsum", [.. shapes.Select(s => (SweepInput)data.Any(s))], ("equation", equation));
        Sweeping.Check(12, [
            Case("ij,jk->ik", [3, 4], [4, 5]), Case("ij,jk", [3, 4], [4, 5]), Case("ij->ji", [3, 4]), Case("ij->", [3, 4]), Case("ii->i", [4, 4]), Case("ij->i", [3, 4]), Case("i,j->ij", [3], [4]),
            Case("bhid,bhjd->bhij", [2, 3, 4, 5], [2, 3, 6, 5]), Case("bhij,bhjd->bhid", [2, 3, 4, 6], [2, 3, 6, 5]), Case("...ij,...jk->...ik", [2, 3, 4], [2, 4, 5]), Case("bij, bj -> bi", [2, 3, 4], [2, 4]),
            Case("ij,ij->ij", [3, 4], [3, 4]), Case("ij,ij->", [3, 4], [3, 4]), Case("abc,cd->abd", [2, 3, 4], [4, 5]), Case("bnd,hde->bhne", [2, 3, 4], [5, 4, 6]), Case("nkctv,kvw->nctw", [1, 2, 3, 4, 5], [2, 5, 6]),
            Case("i,i", [4], [4]), Case("ij,jk,kl->il", [2, 3], [3, 4], [4, 5]), Case("...->...", [2, 3]),
        ]);
    }
}
