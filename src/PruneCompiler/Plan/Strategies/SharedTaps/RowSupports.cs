using System.Numerics;

namespace PruneCompiler.Plan.Strategies.SharedTaps;

/// <summary>Which weights of each row of a matrix are not zero, as bits.</summary>
internal sealed class RowSupports
{
    private readonly ulong[] bits;

    private RowSupports(int rows, int columns)
    {
        Rows = rows;
        Words = (columns + 63) / 64;
        bits = new ulong[checked((long)rows * Words)];
        Taps = new int[rows];
    }

    /// <summary>Rows of the matrix.</summary>
    public int Rows { get; }

    /// <summary>Words of 64 bits in a row.</summary>
    public int Words { get; }

    /// <summary>[rows] how many weights of each row are not zero.</summary>
    public int[] Taps { get; }

    /// <summary>Reads rows of a matrix [rows][columns].</summary>
    public static RowSupports Of(ReadOnlySpan<float> weights, int rows, int columns)
    {
        var result = new RowSupports(rows, columns);
        for (int r = 0; r < rows; r++)
        {
            Span<ulong> row = result.bits.AsSpan(r * result.Words, result.Words);
            for (int c = 0; c < columns; c++)
            {
                if (weights[(r * columns) + c] != 0)
                {
                    row[c / 64] |= 1UL << (c % 64);
                    result.Taps[r]++;
                }
            }
        }

        return result;
    }

    /// <summary>The bits of a row.</summary>
    public ReadOnlySpan<ulong> Row(int row) => bits.AsSpan(row * Words, Words);

    /// <summary>How many bits of <paramref name="row"/> are not in <paramref name="union"/>.</summary>
    public int Beyond(int row, ReadOnlySpan<ulong> union)
    {
        ReadOnlySpan<ulong> own = Row(row);
        int count = 0;
        for (int i = 0; i < own.Length; i++)
        {
            count += BitOperations.PopCount(own[i] & ~union[i]);
        }

        return count;
    }

    /// <summary>Adds the bits of <paramref name="row"/> to <paramref name="union"/>.</summary>
    public void AddTo(Span<ulong> union, int row)
    {
        ReadOnlySpan<ulong> own = Row(row);
        for (int i = 0; i < own.Length; i++)
        {
            union[i] |= own[i];
        }
    }
}
