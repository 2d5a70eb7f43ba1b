using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Index arithmetic of compressed arrays: an axis has its full size, or size 1 where the content does not vary along it.</summary>
internal static class Grid
{
    /// <summary>Number of elements.</summary>
    public static int Count(ReadOnlySpan<int> dims)
    {
        int count = 1;
        foreach (int d in dims)
        {
            count = checked(count * d);
        }

        return count;
    }

    /// <summary>For each element of <paramref name="to"/>, row-major, the index of the element of <paramref name="from"/> that broadcasts to it.</summary>
    public static int[] Broadcast(ReadOnlySpan<int> from, ReadOnlySpan<int> to)
    {
        var strides = new int[to.Length];
        int step = 1;
        for (int a = to.Length - 1; a >= 0; a--)
        {
            strides[a] = from[a] == 1 ? 0 : step;
            step *= from[a];
        }

        return Offsets(to, strides);
    }

    /// <summary>For each index of <paramref name="dims"/>, row-major, the sum of index times stride.</summary>
    public static int[] Offsets(ReadOnlySpan<int> dims, ReadOnlySpan<int> strides)
    {
        var result = new int[Count(dims)];
        int filled = Math.Min(1, result.Length);
        for (int a = dims.Length - 1; a >= 0 && filled > 0; a--)
        {
            int block = filled;
            for (int i = 1; i < dims[a]; i++)
            {
                for (int k = 0; k < block; k++)
                {
                    result[filled++] = result[k] + (i * strides[a]);
                }
            }
        }

        return result;
    }

    /// <summary>Dimensions that both broadcast to; the ranks must agree, and where both vary the sizes.</summary>
    public static int[] Join(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var result = new int[a.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = a[i] == 1 ? b[i] : a[i];
        }

        return result;
    }

    /// <summary>Adds leading axes of size 1.</summary>
    public static int[] PadLeft(ReadOnlySpan<int> dims, int rank)
    {
        var result = new int[rank];
        Array.Fill(result, 1);
        dims.CopyTo(result.AsSpan(rank - dims.Length));
        return result;
    }

    /// <summary>Compressed dimensions in which the given axes have their full size.</summary>
    public static int[] Full(ReadOnlySpan<int> dims, Shape shape, IEnumerable<int> axes)
    {
        int[] result = dims.ToArray();
        foreach (int a in axes)
        {
            result[a] = shape[a];
        }

        return result;
    }

    /// <summary>0, 1, ... n - 1.</summary>
    public static int[] Range(int n) => Enumerable.Range(0, n).ToArray();
}
