// needs: Simd, Lanes, DenseGemm
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>A number that the JIT knows when it compiles a kernel.</summary>
internal interface ISize
{
    /// <summary>The number.</summary>
    static abstract int Value { get; }
}

/// <summary>1.</summary>
internal readonly struct Size1 : ISize
{
    public static int Value => 1;
}

/// <summary>2.</summary>
internal readonly struct Size2 : ISize
{
    public static int Value => 2;
}

/// <summary>3.</summary>
internal readonly struct Size3 : ISize
{
    public static int Value => 3;
}

/// <summary>4.</summary>
internal readonly struct Size4 : ISize
{
    public static int Value => 4;
}

/// <summary>6.</summary>
internal readonly struct Size6 : ISize
{
    public static int Value => 6;
}

/// <summary>8.</summary>
internal readonly struct Size8 : ISize
{
    public static int Value => 8;
}

/// <summary>The innermost part of matrix multiplication: a tile of C that stays in registers while it walks along K.</summary>
internal static unsafe class DenseGemmTile
{
    /// <summary>C = clamp(init + A B) for TRows rows (up to 8) and TColumns vectors of columns (up to 4).</summary>
    /// <typeparam name="TV">The vector.</typeparam>
    /// <typeparam name="TOps">Its operations.</typeparam>
    /// <typeparam name="TRows">Rows of the tile; what a smaller tile does not have, the JIT removes.</typeparam>
    /// <typeparam name="TColumns">Vectors in a row of the tile.</typeparam>
    /// <param name="a">[k][TRows]: packed rows of A.</param>
    /// <param name="b">[k][16]: a packed panel of B.</param>
    /// <param name="bVector">Elements from one vector of columns to the next: the length of a panel, or the vector's own.</param>
    /// <param name="k">Steps, at least 1.</param>
    /// <param name="init">What the sums begin with, <paramref name="initRow"/> elements from row to row (0: the same for all rows).</param>
    /// <param name="initRow">See <paramref name="init"/>.</param>
    /// <param name="c">Receives the tile, <paramref name="cRow"/> elements from row to row.</param>
    /// <param name="cRow">See <paramref name="c"/>.</param>
    /// <param name="lo">Lower bound of the result.</param>
    /// <param name="hi">Upper bound of the result.</param>
    /// <remarks>In bounds: each step reads TRows floats of a and TColumns vectors of b, and the panels hold k of them.</remarks>
    public static void Run<TV, TOps, TRows, TColumns>(
        float* a, float* b, nint bVector, int k, float* init, nint initRow, float* c, nint cRow, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
        where TRows : struct, ISize
        where TColumns : struct, ISize
    {
        var n = TOps.Count;
        TV c00 = default, c01 = default, c02 = default, c03 = default;
        TV c10 = default, c11 = default, c12 = default, c13 = default;
        TV c20 = default, c21 = default, c22 = default, c23 = default;
        TV c30 = default, c31 = default, c32 = default, c33 = default;
        TV c40 = default, c41 = default, c42 = default, c43 = default;
        TV c50 = default, c51 = default, c52 = default, c53 = default;
        TV c60 = default, c61 = default, c62 = default, c63 = default;
        TV c70 = default, c71 = default, c72 = default, c73 = default;
        if (TRows.Value > 0)
        {
            c00 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c01 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c02 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c03 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 1)
        {
            c10 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c11 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c12 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c13 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 2)
        {
            c20 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c21 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c22 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c23 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 3)
        {
            c30 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c31 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c32 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c33 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 4)
        {
            c40 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c41 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c42 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c43 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 5)
        {
            c50 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c51 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c52 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c53 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 6)
        {
            c60 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c61 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c62 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c63 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        if (TRows.Value > 7)
        {
            c70 = TOps.Load(init);

            if (TColumns.Value > 1)
            {
                c71 = TOps.Load(init + n);
            }

            if (TColumns.Value > 2)
            {
                c72 = TOps.Load(init + (2 * n));
            }

            if (TColumns.Value > 3)
            {
                c73 = TOps.Load(init + (3 * n));
            }
            init += initRow;
        }

        for (var end = a + ((nint)k * TRows.Value); a != end; a += TRows.Value)
        {
            var b0 = TOps.Load(b);
            var b1 = TColumns.Value > 1 ? TOps.Load(b + bVector) : default;
            var b2 = TColumns.Value > 2 ? TOps.Load(b + (2 * bVector)) : default;
            var b3 = TColumns.Value > 3 ? TOps.Load(b + (3 * bVector)) : default;
            b += DenseGemm.PanelWidth;
            if (TRows.Value > 0)
            {
                var x = TOps.Create(a[0]);
                c00 = TOps.MultiplyAdd(x, b0, c00);

                if (TColumns.Value > 1)
                {
                    c01 = TOps.MultiplyAdd(x, b1, c01);
                }

                if (TColumns.Value > 2)
                {
                    c02 = TOps.MultiplyAdd(x, b2, c02);
                }

                if (TColumns.Value > 3)
                {
                    c03 = TOps.MultiplyAdd(x, b3, c03);
                }
            }

            if (TRows.Value > 1)
            {
                var x = TOps.Create(a[1]);
                c10 = TOps.MultiplyAdd(x, b0, c10);

                if (TColumns.Value > 1)
                {
                    c11 = TOps.MultiplyAdd(x, b1, c11);
                }

                if (TColumns.Value > 2)
                {
                    c12 = TOps.MultiplyAdd(x, b2, c12);
                }

                if (TColumns.Value > 3)
                {
                    c13 = TOps.MultiplyAdd(x, b3, c13);
                }
            }

            if (TRows.Value > 2)
            {
                var x = TOps.Create(a[2]);
                c20 = TOps.MultiplyAdd(x, b0, c20);

                if (TColumns.Value > 1)
                {
                    c21 = TOps.MultiplyAdd(x, b1, c21);
                }

                if (TColumns.Value > 2)
                {
                    c22 = TOps.MultiplyAdd(x, b2, c22);
                }

                if (TColumns.Value > 3)
                {
                    c23 = TOps.MultiplyAdd(x, b3, c23);
                }
            }

            if (TRows.Value > 3)
            {
                var x = TOps.Create(a[3]);
                c30 = TOps.MultiplyAdd(x, b0, c30);

                if (TColumns.Value > 1)
                {
                    c31 = TOps.MultiplyAdd(x, b1, c31);
                }

                if (TColumns.Value > 2)
                {
                    c32 = TOps.MultiplyAdd(x, b2, c32);
                }

                if (TColumns.Value > 3)
                {
                    c33 = TOps.MultiplyAdd(x, b3, c33);
                }
            }

            if (TRows.Value > 4)
            {
                var x = TOps.Create(a[4]);
                c40 = TOps.MultiplyAdd(x, b0, c40);

                if (TColumns.Value > 1)
                {
                    c41 = TOps.MultiplyAdd(x, b1, c41);
                }

                if (TColumns.Value > 2)
                {
                    c42 = TOps.MultiplyAdd(x, b2, c42);
                }

                if (TColumns.Value > 3)
                {
                    c43 = TOps.MultiplyAdd(x, b3, c43);
                }
            }

            if (TRows.Value > 5)
            {
                var x = TOps.Create(a[5]);
                c50 = TOps.MultiplyAdd(x, b0, c50);

                if (TColumns.Value > 1)
                {
                    c51 = TOps.MultiplyAdd(x, b1, c51);
                }

                if (TColumns.Value > 2)
                {
                    c52 = TOps.MultiplyAdd(x, b2, c52);
                }

                if (TColumns.Value > 3)
                {
                    c53 = TOps.MultiplyAdd(x, b3, c53);
                }
            }

            if (TRows.Value > 6)
            {
                var x = TOps.Create(a[6]);
                c60 = TOps.MultiplyAdd(x, b0, c60);

                if (TColumns.Value > 1)
                {
                    c61 = TOps.MultiplyAdd(x, b1, c61);
                }

                if (TColumns.Value > 2)
                {
                    c62 = TOps.MultiplyAdd(x, b2, c62);
                }

                if (TColumns.Value > 3)
                {
                    c63 = TOps.MultiplyAdd(x, b3, c63);
                }
            }

            if (TRows.Value > 7)
            {
                var x = TOps.Create(a[7]);
                c70 = TOps.MultiplyAdd(x, b0, c70);

                if (TColumns.Value > 1)
                {
                    c71 = TOps.MultiplyAdd(x, b1, c71);
                }

                if (TColumns.Value > 2)
                {
                    c72 = TOps.MultiplyAdd(x, b2, c72);
                }

                if (TColumns.Value > 3)
                {
                    c73 = TOps.MultiplyAdd(x, b3, c73);
                }
            }
        }

        var low = TOps.Create(lo);
        var high = TOps.Create(hi);
        if (TRows.Value > 0)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c00)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c01)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c02)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c03)));
            }
            c += cRow;
        }

        if (TRows.Value > 1)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c10)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c11)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c12)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c13)));
            }
            c += cRow;
        }

        if (TRows.Value > 2)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c20)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c21)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c22)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c23)));
            }
            c += cRow;
        }

        if (TRows.Value > 3)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c30)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c31)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c32)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c33)));
            }
            c += cRow;
        }

        if (TRows.Value > 4)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c40)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c41)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c42)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c43)));
            }
            c += cRow;
        }

        if (TRows.Value > 5)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c50)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c51)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c52)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c53)));
            }
            c += cRow;
        }

        if (TRows.Value > 6)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c60)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c61)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c62)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c63)));
            }
            c += cRow;
        }

        if (TRows.Value > 7)
        {
            TOps.Store(c, TOps.Min(high, TOps.Max(low, c70)));

            if (TColumns.Value > 1)
            {
                TOps.Store(c + n, TOps.Min(high, TOps.Max(low, c71)));
            }

            if (TColumns.Value > 2)
            {
                TOps.Store(c + (2 * n), TOps.Min(high, TOps.Max(low, c72)));
            }

            if (TColumns.Value > 3)
            {
                TOps.Store(c + (3 * n), TOps.Min(high, TOps.Max(low, c73)));
            }
            c += cRow;
        }
    }
}
