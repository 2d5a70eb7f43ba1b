using System.Globalization;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Cases;

/// <summary>When an output counts as right: ONNX's own rule for its cases, |difference| at most 1e-3 of the expected element.</summary>
internal static class Agreement
{
    /// <summary>What is wrong, or null.</summary>
    public static string? Problem(Tensor expected, Tensor actual)
    {
        if (expected.Type != actual.Type || expected.Shape != actual.Shape)
        {
            return $"{actual.Type.Text()} {actual.Shape} instead of {expected.Type.Text()} {expected.Shape}";
        }

        // Types with fewer bits than 1e-3 may be off by one unit in the last place of rounding.
        double relative = expected.Type switch { ElementType.BFloat16 => 1.0 / 128, ElementType.Float16 => 1.0 / 512, _ => 1e-3 };
        double largest = 0;
        if (!expected.Type.IsFloat())
        {
            (relative, largest) = (0, 0);
        }
        else if (expected.Type.Size() > 1)
        {
            for (int i = 0; i < expected.Count; i++)
            {
                double e = Math.Abs(expected.GetDouble(i));
                largest = double.IsFinite(e) ? Math.Max(largest, e) : largest;
            }
        }
        else
        {
            return expected.Bytes.AsSpan().SequenceEqual(actual.Bytes) ? null : "other bytes than expected";
        }

        // Elements that cancel to almost nothing are judged by the size of the others.
        double absolute = relative == 0 ? 0 : 1e-7 + (1e-6 * largest);
        for (int i = 0; i < expected.Count; i++)
        {
            double e = expected.GetDouble(i), a = actual.GetDouble(i);
            if (!e.Equals(a) && !(Math.Abs(e - a) <= absolute + (relative * Math.Abs(e))))
            {
                return string.Create(CultureInfo.InvariantCulture, $"element {i} of {expected.Shape} is {a:r} instead of {e:r}");
            }
        }

        return null;
    }
}
