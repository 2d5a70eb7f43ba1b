using System.Globalization;
using PruneCompiler.IR;

namespace PruneCompiler.Report;

/// <summary>How far a computed tensor is from the expected one.</summary>
/// <param name="Absolute">Largest absolute difference.</param>
/// <param name="Relative">Largest absolute difference as a share of the largest expected magnitude.</param>
/// <param name="Ulp">Largest distance in units of the last place of the expected element; 0 for integers.</param>
/// <param name="Index">Where the largest absolute difference is; -1 when there is none.</param>
/// <param name="Mismatch">What makes the tensors incomparable, or where one is NaN or infinite and the other is not; else null.</param>
public sealed record TensorDifference(double Absolute, double Relative, double Ulp, int Index, string? Mismatch)
{
    /// <summary>Compares element by element; equal NaNs and equal infinities agree.</summary>
    public static TensorDifference Between(Tensor expected, Tensor actual)
    {
        if (expected.Type != actual.Type || expected.Shape != actual.Shape)
        {
            return new TensorDifference(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, -1, $"{actual.Type.Text()} {actual.Shape} instead of {expected.Type.Text()} {expected.Shape}");
        }

        if (expected.Bytes.AsSpan().SequenceEqual(actual.Bytes))
        {
            return new TensorDifference(0, 0, 0, -1, null);
        }

        double worst = 0, largest = 0, ulps = 0;
        int at = -1;
        for (int i = 0; i < expected.Count; i++)
        {
            double e = expected.GetDouble(i), a = actual.GetDouble(i);
            if (double.IsFinite(e))
            {
                largest = Math.Max(largest, Math.Abs(e));
            }

            if (e.Equals(a))
            {
                continue;
            }

            double difference = Math.Abs(e - a);
            if (!double.IsFinite(difference))
            {
                return new TensorDifference(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, i, string.Create(CultureInfo.InvariantCulture, $"element {i} is {a} instead of {e}"));
            }

            ulps = Math.Max(ulps, difference / UnitInLastPlace(expected.Type, e));
            if (difference > worst)
            {
                (worst, at) = (difference, i);
            }
        }

        return new TensorDifference(worst, largest > 0 ? worst / largest : worst, ulps, at, null);
    }

    /// <summary>The worst of two comparisons, each number by itself.</summary>
    public TensorDifference WorstWith(TensorDifference other) => new(
        Math.Max(Absolute, other.Absolute), Math.Max(Relative, other.Relative), Math.Max(Ulp, other.Ulp), other.Absolute > Absolute ? other.Index : Index, Mismatch ?? other.Mismatch);

    private static double UnitInLastPlace(ElementType type, double value) => type switch
    {
        ElementType.Float32 => MathF.BitIncrement(MathF.Abs((float)value)) - MathF.Abs((float)value),
        ElementType.Float64 => Math.BitIncrement(Math.Abs(value)) - Math.Abs(value),
        ElementType.Float16 => (double)(Half.BitIncrement(Half.Abs((Half)value)) - Half.Abs((Half)value)),
        ElementType.BFloat16 => (MathF.BitIncrement(MathF.Abs((float)value)) - MathF.Abs((float)value)) * 65536,
        _ => double.PositiveInfinity,
    };
}
