using System.Globalization;

namespace PruneCompiler.Prune;

/// <summary>Which slices of a value's axis repeat others: slice i is <see cref="Factor"/>[i] times slice <see cref="Original"/>[i], exactly.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Original">For each slice the first one that it repeats; itself where it repeats none.</param>
/// <param name="Factor">A power of two or its negative; 1 for originals.</param>
/// <param name="Work">Multiply-adds that an element of the value took in the layer that made it.</param>
internal sealed record Copies(int Axis, int[] Original, double[] Factor, long Work)
{
    /// <summary>Slices that repeat another one.</summary>
    public int Count => Original.Where((o, i) => o != i).Count();

    /// <summary>Finds slices of equal keys; null when all differ.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="size">Its size.</param>
    /// <param name="work">See <see cref="Work"/>.</param>
    /// <param name="keyOf">A text that is the same for slices that are multiples of each other, and the slice's factor to what the text describes; null for a slice that is like no other.</param>
    public static Copies? Find(int axis, int size, long work, Func<int, (string Key, double Factor)?> keyOf)
    {
        var first = new Dictionary<string, (int Slice, double Factor)>(StringComparer.Ordinal);
        int[] original = new int[size];
        double[] factor = new double[size];
        for (int i = 0; i < size; i++)
        {
            (original[i], factor[i]) = (i, 1);
            if (keyOf(i) is var (key, own) && !first.TryAdd(key, (i, own)))
            {
                (original[i], factor[i]) = (first[key].Slice, own / first[key].Factor);
            }
        }

        var found = new Copies(axis, original, factor, work);
        return found.Count == 0 ? null : found;
    }

    /// <summary>The sign and power of two of a number: dividing by it is exact and leaves 1 to 2.</summary>
    public static double Scale(double x) => Math.CopySign(Math.ScaleB(1, Math.ILogB(x)), x);

    /// <summary>A number as text, every bit of it.</summary>
    public static string Text(double x) => BitConverter.DoubleToInt64Bits(x == 0 ? 0 : x).ToString("x", CultureInfo.InvariantCulture);
}
