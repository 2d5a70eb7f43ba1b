using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>The facts of a matrix product's operands, both seen as [..., M, K] and [..., K, N] of equal rank.</summary>
internal sealed class ProductOperands
{
    /// <summary>Reads the facts.</summary>
    public ProductOperands(Node node, FactTable facts, (bool A, bool B) transposed)
    {
        Rank = node.Outputs[0].Shape.Rank;
        A = new Operand(facts[node.Input(0)], Rank, transposed.A, isLeft: true);
        B = new Operand(facts[node.Input(1)], Rank, transposed.B, isLeft: false);
    }

    /// <summary>Axes of the result.</summary>
    public int Rank { get; }

    /// <summary>Left operand.</summary>
    public Operand A { get; }

    /// <summary>Right operand.</summary>
    public Operand B { get; }

    /// <summary>A mask with its last two axes swapped.</summary>
    public static Mask Swap(Mask mask)
    {
        int[] dims = mask.Dims.ToArray();
        int rows = dims[^2], columns = dims[^1];
        bool[] from = mask.Bits.ToArray(), to = from;
        if (rows > 1 && columns > 1)
        {
            to = new bool[from.Length];
            for (int at = 0; at < from.Length; at += rows * columns)
            {
                for (int r = 0; r < rows; r++)
                {
                    for (int c = 0; c < columns; c++)
                    {
                        to[at + (c * rows) + r] = from[at + (r * columns) + c];
                    }
                }
            }
        }

        (dims[^1], dims[^2]) = (rows, columns);
        return new Mask(dims, to);
    }

    /// <summary>For each summed slice: does a mask of the left operand say yes somewhere?</summary>
    public bool[] ASlices(Mask mask) => mask.Slices(Rank - 1, A.Summed, all: false);

    /// <summary>The chosen summed slices (null: all) in which neither operand is known to be all zero and both know something.</summary>
    public int[] NonZeroSummed(bool[]? chosen)
    {
        bool[] a = A.KnownNonZero(), b = B.KnownNonZero();
        return Grid.Range(A.Summed).Where(k => a[k] && b[k] && chosen?[k] != false).ToArray();
    }

    /// <summary>One operand.</summary>
    public sealed class Operand
    {
        private readonly ValueFacts facts;
        private readonly int rank;
        private readonly bool transposed, isLeft;
        private readonly Mask known, zero;

        internal Operand(ValueFacts facts, int rank, bool transposed, bool isLeft)
        {
            (this.facts, this.rank, this.transposed, this.isLeft) = (facts, rank, transposed, isLeft);
            known = Turn(facts.Known.PadLeft(rank));
            zero = Turn(facts.Zero().PadLeft(rank));
        }

        /// <summary>Elements that are not known.</summary>
        public Mask Unknown => Mask.Except(Mask.Uniform(rank, true), known);

        /// <summary>Elements that may be other than zero.</summary>
        public Mask NotZero => Mask.Except(Mask.Uniform(rank, true), zero);

        /// <summary>The summed axis in the value as it is.</summary>
        public int SummedAxis => facts.Value.Shape.Rank - (isLeft != transposed ? 1 : 2);

        /// <summary>The other axis of the matrix in the value as it is.</summary>
        public int OuterAxis => facts.Value.Shape.Rank - (isLeft != transposed ? 2 : 1);

        /// <summary>Size of the summed axis.</summary>
        public int Summed => facts.Value.Shape[SummedAxis];

        /// <summary>Rows of the left operand.</summary>
        public int Rows => facts.Value.Shape[OuterAxis];

        /// <summary>Columns of the right operand.</summary>
        public int Columns => facts.Value.Shape[OuterAxis];

        /// <summary>A mask of this form, for the value as it is.</summary>
        public Mask Back(Mask mask)
        {
            Mask turned = Turn(mask);
            return turned.AnyOf(facts.Value.Shape);
        }

        /// <summary>Slices of the value that belong to slices of the result and of the summed axis.</summary>
        public int[]?[] Slices(int[]?[] result, int[]? summed)
        {
            Shape shape = facts.Value.Shape;
            int[]?[] slices = ElementwiseRule.Broadcast(result, shape);
            slices[OuterAxis] = result[isLeft ? ^2 : ^1];
            slices[SummedAxis] = summed;
            return slices;
        }

        /// <summary>For each summed slice: is all of it known?</summary>
        public bool[] KnownSummed() => facts.KnownSlices(SummedAxis);

        /// <summary>For each summed slice: is all of it known to be zero?</summary>
        public bool[] ZeroSummed() => facts.ZeroSlices(SummedAxis);

        /// <summary>For each summed slice: is something known in it that is not zero?</summary>
        public bool[] KnownNonZero() => Mask.Except(facts.Known, facts.Zero()).Slices(SummedAxis, Summed, all: false);

        /// <summary>Share of the weights in these summed slices that are not zero; 1 for a computed operand.</summary>
        public double Density(FactTable table, int[] summed) =>
            facts.Value.Constant is { } constant ? NarrowingCost.Density(constant, table.Zeros(facts.Value), SummedAxis, summed) : 1;

        /// <summary>Known contents, zero elsewhere, as [..., M, K] or [..., K, N], for slices of the result and of the summed axis.</summary>
        public Tensor Content(int[]?[] result, int[] summed)
        {
            Tensor content = facts.Content!;
            int[]?[] slices = Slices(result, null);
            for (int a = 0; a < slices.Length; a++)
            {
                content = content.Shape[a] == 1 || a == SummedAxis ? content : TensorSlices.Take(content, a, slices[a]);
            }

            content = content.Shape[SummedAxis] == 1 ? TensorSlices.Expand(content, content.Shape.With(SummedAxis, summed.Length).Dims) : TensorSlices.Take(content, SummedAxis, summed);
            content = content.Reshaped(new Shape(Grid.PadLeft(content.Shape.Dims, rank)));
            return transposed ? Probe.SwapLast(content) : content;
        }

        private Mask Turn(Mask mask) => transposed ? Swap(mask) : mask;
    }
}
