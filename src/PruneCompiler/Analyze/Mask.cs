using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>
/// One yes or no for each element of a value, compressed: an axis has size 1 where the answer is the same all along it.
/// [1, 64, 1, 1] says something of each channel of an image, [1, 1] something of a whole matrix. Immutable.
/// </summary>
public sealed class Mask
{
    private readonly int[] dims;
    private readonly bool[] bits;

    /// <summary>Takes over both arrays; axes along which nothing varies are compressed.</summary>
    public Mask(int[] dims, bool[] bits)
    {
        (this.dims, this.bits) = Compress(dims, bits);
    }

    /// <summary>The compressed dimensions.</summary>
    public ReadOnlySpan<int> Dims => dims;

    /// <summary>The answers, row-major.</summary>
    public ReadOnlySpan<bool> Bits => bits;

    /// <summary>True when every answer is yes.</summary>
    public bool All => Array.TrueForAll(bits, b => b);

    /// <summary>True when some answer is yes.</summary>
    public bool Any => Array.IndexOf(bits, true) >= 0;

    /// <summary>The same answer everywhere.</summary>
    public static Mask Uniform(int rank, bool value)
    {
        var dims = new int[rank];
        Array.Fill(dims, 1);
        return new Mask(dims, [value]);
    }

    /// <summary>An answer for each slice along one axis.</summary>
    public static Mask AlongAxis(int rank, int axis, bool[] slices)
    {
        var dims = new int[rank];
        Array.Fill(dims, 1);
        dims[axis] = slices.Length;
        return new Mask(dims, slices);
    }

    /// <summary>Yes where both say yes.</summary>
    public static Mask And(Mask a, Mask b) => a.All ? b : b.All ? a : Combine(a, b, (x, y) => x & y);

    /// <summary>Yes where one of them says yes.</summary>
    public static Mask Or(Mask a, Mask b) => !a.Any ? b : !b.Any ? a : Combine(a, b, (x, y) => x | y);

    /// <summary>Yes where <paramref name="a"/> says yes and <paramref name="b"/> says no.</summary>
    public static Mask Except(Mask a, Mask b) => b.Any ? Combine(a, b, (x, y) => x & !y) : a;

    /// <summary>The answers spread over larger dimensions.</summary>
    public bool[] Expand(ReadOnlySpan<int> to)
    {
        if (to.SequenceEqual(dims))
        {
            return (bool[])bits.Clone();
        }

        return Array.ConvertAll(Grid.Broadcast(dims, to), i => bits[i]);
    }

    /// <summary>Folds axes to size 1: is something (or, with <paramref name="all"/>, is everything) along them a yes?</summary>
    public Mask Fold(IEnumerable<int> axes, bool all)
    {
        int[] folded = (int[])dims.Clone();
        foreach (int a in axes)
        {
            folded[a] = 1;
        }

        return folded.AsSpan().SequenceEqual(dims) ? this : FoldTo(folded, all);
    }

    /// <summary>One answer for each of the <paramref name="size"/> slices along an axis.</summary>
    public bool[] Slices(int axis, int size, bool all)
    {
        Mask folded = Fold(Enumerable.Range(0, dims.Length).Where(a => a != axis), all);
        if (folded.bits.Length == size)
        {
            return (bool[])folded.bits.Clone();
        }

        var result = new bool[size];
        Array.Fill(result, folded.bits[0]);
        return result;
    }

    /// <summary>What a value sees that was broadcast to this mask's value: leading axes fall away, axes of size 1 are folded with "any".</summary>
    public Mask AnyOf(Shape operand)
    {
        int lead = dims.Length - operand.Rank;
        var fold = new List<int>(Grid.Range(lead));
        for (int a = 0; a < operand.Rank; a++)
        {
            if (operand[a] == 1)
            {
                fold.Add(lead + a);
            }
        }

        Mask folded = Fold(fold, all: false);
        return new Mask(folded.dims[lead..], folded.bits);
    }

    /// <summary>The mask of the same value seen with leading axes of size 1.</summary>
    public Mask PadLeft(int rank) => rank == dims.Length ? this : new Mask(Grid.PadLeft(dims, rank), bits);

    private static Mask Combine(Mask a, Mask b, Func<bool, bool, bool> function)
    {
        int[] dims = Grid.Join(a.dims, b.dims);
        bool[] x = a.Expand(dims), y = b.Expand(dims);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = function(x[i], y[i]);
        }

        return new Mask(dims, x);
    }

    private static (int[] Dims, bool[] Bits) Compress(int[] dims, bool[] bits)
    {
        if (bits.Length > 0 && Array.TrueForAll(bits, b => b == bits[0]))
        {
            return (Array.ConvertAll(dims, _ => 1), [bits[0]]);
        }

        for (int a = 0; a < dims.Length; a++)
        {
            int inner = Grid.Count(dims.AsSpan(a + 1)), size = dims[a];
            if (size == 1 || bits.Length == 0 || !Repeats(bits, size, inner))
            {
                continue;
            }

            bool[] fewer = new bool[bits.Length / size];
            for (int o = 0; o < fewer.Length / inner; o++)
            {
                Array.Copy(bits, o * size * inner, fewer, o * inner, inner);
            }

            dims = (int[])dims.Clone();
            dims[a] = 1;
            bits = fewer;
        }

        return (dims, bits);
    }

    private static bool Repeats(bool[] bits, int size, int inner)
    {
        for (int at = 0; at < bits.Length; at += size * inner)
        {
            ReadOnlySpan<bool> first = bits.AsSpan(at, inner);
            for (int i = 1; i < size; i++)
            {
                if (!first.SequenceEqual(bits.AsSpan(at + (i * inner), inner)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private Mask FoldTo(int[] folded, bool all)
    {
        var result = new bool[Grid.Count(folded)];
        Array.Fill(result, all);
        int[] at = Grid.Broadcast(folded, dims);
        for (int i = 0; i < bits.Length; i++)
        {
            result[at[i]] = all ? result[at[i]] & bits[i] : result[at[i]] | bits[i];
        }

        return new Mask(folded, result);
    }
}
