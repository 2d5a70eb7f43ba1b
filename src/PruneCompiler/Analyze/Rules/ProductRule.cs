using System.Numerics;
using System.Runtime.InteropServices;
using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// Matrix products [..., M, K] x [..., K, N], whichever operand is constant, or none (attention): a term vanishes when one factor is
/// known to be zero, and is known when both are. Summed slices go when they vanish, or, when known, into an added constant.
/// </summary>
/// <param name="transposed">Which operands have their last two axes swapped.</param>
/// <param name="hasAddend">True when input 2 is an optional addend that broadcasts to the result (Gemm).</param>
public sealed class ProductRule(Func<Node, (bool A, bool B)> transposed, bool hasAddend) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        var p = new ProductOperands(node, facts, transposed(node));
        Mask unknown = Mask.Or(Product(p.A.Unknown, p.B.NotZero), Product(p.A.NotZero, p.B.Unknown));
        Mask known = Mask.Except(Mask.Uniform(p.Rank, true), unknown);
        Value? addend = Addend(node);
        known = addend is null ? known : Mask.And(known, facts[addend].Known.PadLeft(p.Rank));
        if (!known.Any)
        {
            return;
        }

        var all = new int[]?[p.Rank];
        if (Sum(node, p, all, all, null, addend is null ? null : facts[addend].Content) is { } content)
        {
            facts[node.Outputs[0]].Learn(known, content);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Backward(node, facts);
            return;
        }

        var p = new ProductOperands(node, facts, transposed(node));
        Mask needed = facts[node.Outputs[0]].Needed;
        facts[node.Input(0)].AddRead(p.A.Back(Product(needed, ProductOperands.Swap(p.B.NotZero))));
        facts[node.Input(1)].AddRead(p.B.Back(Product(ProductOperands.Swap(p.A.NotZero), needed)));
        if (Addend(node) is { } addend)
        {
            facts[addend].AddRead(needed.AnyOf(addend.Shape));
        }
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        if (!Fits(node))
        {
            pruner.Keep(node);
            return;
        }

        var p = new ProductOperands(node, pruner.Facts, transposed(node));
        int[]?[] slices = pruner.Slices(node);
        bool[] folded = Folded(p, pruner.Facts[node.Outputs[0]].Needed, out bool[] used);
        int[]? summed = ChooseSummed(node, p, pruner, slices, folded, used);
        bool[] constant = folded.Select((f, k) => f && used[k] && summed is not null && Array.BinarySearch(summed, k) < 0).ToArray();
        Tensor? extra = constant.Contains(true) ? Sum(node, p, slices, slices, constant, null) : null;
        if (extra is null && constant.Contains(true))
        {
            summed = null; // too much to evaluate: the constants stay
        }

        Value left = pruner.Fit(node.Input(0), p.A.Slices(slices, summed)), right = pruner.Fit(node.Input(1), p.B.Slices(slices, summed));
        Value? addend = Addend(node);
        if (!hasAddend)
        {
            pruner.Emit(node, [left, right], slices);
            if (extra is not null)
            {
                Value bias = pruner.Constant(node.Name + " bias", Trim(extra));
                pruner.Set(node.Outputs[0], pruner.Add(node.Name + " constants", "Add", [pruner.Current(node.Outputs[0]), bias]), slices);
            }

            return;
        }

        Value? c = addend is null ? null : pruner.Fit(addend, ElementwiseRule.Broadcast(slices, addend.Shape));
        Attributes? attributes = null;
        if (extra is not null)
        {
            Tensor bias = c?.Constant is { } old ? Probe.Apply("Add", Scale(old, node.Attributes.Float("beta", 1)), extra) : extra;
            if (c is { Constant: null })
            {
                throw new InvalidOperationException($"{node}: a computed addend and constants");
            }

            c = pruner.Constant(addend?.Name ?? node.Name + " bias", Trim(bias));
            attributes = node.Attributes.Clone().Set("beta", 1f);
        }

        pruner.Emit(node, c is null ? [left, right] : [left, right, c], slices, attributes);
    }

    /// <summary>or over k of x[m, k] and y[k, n].</summary>
    private static Mask Product(Mask x, Mask y)
    {
        if (!x.Any || !y.Any)
        {
            return Mask.Uniform(x.Dims.Length, false);
        }

        int rank = x.Dims.Length;
        int sum = Math.Max(x.Dims[^1], y.Dims[^2]);
        int[] batch = Grid.Join(x.Dims[..^2], y.Dims[..^2]);
        if (!Probe.IsSmall((long)Grid.Count(batch) * x.Dims[^2] * sum * y.Dims[^1] / 64))
        {
            // Too much to look at: the rows of x count as one, and so do all matrices. What is then found is less, but still true.
            IEnumerable<int> lead = Enumerable.Range(0, rank - 2);
            return x.Dims[..^1].IndexOfAnyExcept(1) < 0 ? Mask.Uniform(rank, true) : Product(x.Fold(lead.Append(rank - 2), all: false), y.Fold(lead, all: false));
        }

        bool[] left = x.Expand([.. batch, x.Dims[^2], sum]), right = y.Expand([.. batch, sum, y.Dims[^1]]);
        int rows = x.Dims[^2], columns = y.Dims[^1];
        var result = new bool[Grid.Count(batch) * rows * columns];
        for (int i = 0; i < result.Length / columns; i++)
        {
            Span<byte> row = MemoryMarshal.AsBytes(result.AsSpan(i * columns, columns));
            for (int k = 0; k < sum; k++)
            {
                if (left[(i * sum) + k])
                {
                    ReadOnlySpan<byte> more = MemoryMarshal.AsBytes(right.AsSpan(((i / rows * sum) + k) * columns, columns));
                    Or(row, more);
                }
            }
        }

        return new Mask([.. batch, rows, columns], result);
    }

    private static void Or(Span<byte> row, ReadOnlySpan<byte> more)
    {
        int i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(row[i..]) | new Vector<byte>(more[i..])).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] |= more[i];
        }
    }

    /// <summary>Summed slices whose terms are all known, and those that have a term that is not zero.</summary>
    private static bool[] Folded(ProductOperands p, Mask needed, out bool[] used)
    {
        bool[] read = p.ASlices(Product(needed, ProductOperands.Swap(p.B.NotZero))), zero = p.A.ZeroSummed();
        bool[] knownA = p.A.KnownSummed(), knownB = p.B.KnownSummed();
        used = read.Zip(zero, (r, z) => r && !z).ToArray();
        return knownA.Zip(knownB, (x, y) => x && y).ToArray();
    }

    /// <summary>The summed slices that the node will see; null for all.</summary>
    private static int[]? ChooseSummed(Node node, ProductOperands p, Pruner pruner, int[]?[] slices, bool[] folded, bool[] used)
    {
        int[] least = Grid.Range(used.Length).Where(k => used[k] && !folded[k]).ToArray();
        if (least.Length == 0)
        {
            least = [0];
        }

        int[]? haveA = node.Input(0).Constant is null ? pruner.Kept(node.Input(0))[p.A.SummedAxis] : least;
        int[]? haveB = node.Input(1).Constant is null ? pruner.Kept(node.Input(1))[p.B.SummedAxis] : least;
        int[] a = haveA ?? Grid.Range(used.Length), b = haveB ?? Grid.Range(used.Length);
        int[] have = node.Input(0).Constant is null ? a : b;
        bool same = node.Input(0).Constant is not null || node.Input(1).Constant is not null || a.AsSpan().SequenceEqual(b);
        long rows = slices[^2]?.Length ?? p.A.Rows, columns = slices[^1]?.Length ?? p.B.Columns;
        long copied = (node.Input(0).Constant is null ? rows : 0) + (node.Input(1).Constant is null ? columns : 0);
        double density = Math.Min(p.A.Density(pruner.Facts, least), p.B.Density(pruner.Facts, least));
        if (same && have.Length > least.Length && !NarrowingCost.Pays((have.Length - least.Length) * rows * columns, least.Length * copied, density))
        {
            least = have;
        }

        return least.Length == used.Length ? null : least;
    }

    /// <summary>alpha A B + beta C on known contents (what is not known counts as zero), for some rows, columns and summed slices.</summary>
    private static Tensor? Sum(Node node, ProductOperands p, int[]?[] aSlices, int[]?[] bSlices, bool[]? summed, Tensor? addend)
    {
        int[] some = p.NonZeroSummed(summed);
        Tensor? product = null;
        if (some.Length > 0)
        {
            Tensor a = p.A.Content(aSlices, some), b = p.B.Content(bSlices, some);
            if (!Probe.IsSmall(a.Shape.Count * b.Shape[-1] / 64))
            {
                return null;
            }

            product = Scale(Probe.Apply("MatMul", a, b), node.Attributes.Float("alpha", 1));
        }

        product ??= new Tensor(node.Outputs[0].Type, new Shape(Grid.PadLeft([], p.Rank)));
        return addend is null ? product : Probe.Apply("Add", product, Scale(addend.Reshaped(new Shape(Grid.PadLeft(addend.Shape.Dims, p.Rank))), node.Attributes.Float("beta", 1)));
    }

    private static Tensor Scale(Tensor tensor, float factor) =>
        factor == 1 ? tensor : Probe.Apply("Mul", tensor, tensor.Type == ElementType.Float64 ? Tensor.Scalar((double)factor) : Tensor.Scalar(factor));

    /// <summary>Without leading axes of size 1.</summary>
    private static Tensor Trim(Tensor tensor)
    {
        int[] dims = tensor.Shape.Dims.ToArray();
        return tensor.Reshaped(new Shape(dims.AsSpan()[Math.Min(dims.Length - 1, dims.TakeWhile(d => d == 1).Count())..]));
    }

    private bool Fits(Node node) => node.Input(0).Shape.Rank >= 2 && node.Input(1).Shape.Rank >= 2 && node.Inputs.Count <= (hasAddend ? 3 : 2)
        && node.Outputs[0].Shape.Count > 0 && node.Input(0).Shape.Count > 0 && (Addend(node) is null or { Constant: not null });

    private Value? Addend(Node node) => hasAddend ? node.InputOrNull(2) : null;
}
