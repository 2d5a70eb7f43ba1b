using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>Blocks of every element size, with what is left over at their sides, inside of larger matrices.</summary>
public unsafe class TransposeTests
{
    private static readonly int[] Sides = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 40, 67];

    [Fact]
    public void Floats() => Check<float>((from, fromRow, to, toRow, rows, columns) => Transpose.Run((float*)from, fromRow, (float*)to, toRow, rows, columns));

    [Fact]
    public void Shorts() => Check<ushort>((from, fromRow, to, toRow, rows, columns) => TransposeShort.Run((ushort*)from, fromRow, (ushort*)to, toRow, rows, columns));

    [Fact]
    public void Bytes() => Check<byte>((from, fromRow, to, toRow, rows, columns) => TransposeShort.Run((byte*)from, fromRow, (byte*)to, toRow, rows, columns));

    private delegate void Kernel(nint from, nint fromRow, nint to, nint toRow, int rows, int columns);

    private static void Check<T>(Kernel kernel)
        where T : unmanaged
    {
        var random = new Random(7);
        foreach (int rows in Sides)
        {
            foreach (int columns in Sides)
            {
                int fromRow = columns + random.Next(3), toRow = rows + random.Next(3);
                var values = new T[((rows - 1) * fromRow) + columns];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = typeof(T) == typeof(float) ? (T)(object)(float)i : typeof(T) == typeof(ushort) ? (T)(object)(ushort)i : (T)(object)(byte)random.Next(256);
                }

                using var from = new NativeCopy<T>(values);
                using var to = new NativeCopy<T>(new T[((columns - 1) * toRow) + rows]);
                kernel((nint)from.Pointer, fromRow, (nint)to.Pointer, toRow, rows, columns);
                for (int c = 0; c < columns; c++)
                {
                    for (int r = 0; r < toRow && (c * toRow) + r < to.Span.Length; r++)
                    {
                        T expected = r < rows ? values[(r * fromRow) + c] : default;
                        Assert.True(expected.Equals(to.Span[(c * toRow) + r]), $"{rows} x {columns}: row {r}, column {c}");
                    }
                }
            }
        }
    }
}
