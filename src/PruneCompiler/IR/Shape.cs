using System.Globalization;

namespace PruneCompiler.IR;

/// <summary>The static dimensions of a value, outermost first. Immutable; compares by content.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? dims;

    /// <summary>Copies <paramref name="dims"/>.</summary>
    public Shape(params ReadOnlySpan<int> dims) => this.dims = dims.ToArray();

    /// <summary>The shape of one value without axes.</summary>
    public static Shape Scalar => default;

    /// <summary>The dimensions.</summary>
    public ReadOnlySpan<int> Dims => dims;

    /// <summary>Number of axes.</summary>
    public int Rank => dims?.Length ?? 0;

    /// <summary>Number of elements: the product of the dimensions, 1 for a scalar.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            foreach (int d in Dims)
            {
                count = checked(count * d);
            }

            return count;
        }
    }

    /// <summary>Dimension <paramref name="axis"/>; a negative axis counts from the end.</summary>
    public int this[int axis] => dims![axis < 0 ? axis + dims.Length : axis];

    /// <summary>Row-major strides in elements.</summary>
    public int[] Strides()
    {
        var strides = new int[Rank];
        int step = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = step;
            step = checked(step * Dims[i]);
        }

        return strides;
    }

    /// <summary>The same shape with one dimension replaced.</summary>
    public Shape With(int axis, int size)
    {
        int[] copy = Dims.ToArray();
        copy[axis < 0 ? axis + copy.Length : axis] = size;
        return new Shape(copy);
    }

    /// <summary>Numpy broadcasting of two shapes; null when they do not fit.</summary>
    public static Shape? Broadcast(Shape a, Shape b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        var result = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            int x = i < rank - a.Rank ? 1 : a.Dims[i - (rank - a.Rank)];
            int y = i < rank - b.Rank ? 1 : b.Dims[i - (rank - b.Rank)];
            if (x != y && x != 1 && y != 1)
            {
                return null;
            }

            result[i] = x == 1 ? y : x;
        }

        return new Shape(result);
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int d in Dims)
        {
            hash.Add(d);
        }

        return hash.ToHashCode();
    }

    /// <summary>Compares by content.</summary>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Compares by content.</summary>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <summary>For people: 1x3x32x32, or "scalar".</summary>
    public override string ToString() =>
        Rank == 0 ? "scalar" : string.Join('x', Dims.ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture)));
}
