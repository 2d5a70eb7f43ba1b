namespace PruneCompiler.Tests.Testing;

/// <summary>Seeded weights [rows][columns] with a structure that a random order of rows (and columns, where that is said) hides.</summary>
public sealed class StructuredWeights(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Single weights.</summary>
    public float[] Singles(int rows, int columns, double density) => Fill(rows, columns, (_, _) => random.NextDouble() < density);

    /// <summary>Sets of rows that kept the same columns: permuted row blocks, or groups that lost the same columns.</summary>
    public float[] RowSets(int rows, int columns, int setSize, double density)
    {
        bool[][] kept = [.. Enumerable.Range(0, (rows + setSize - 1) / setSize).Select(_ => Mask(columns, density))];
        int[] order = Order(rows);
        return Fill(rows, columns, (r, c) => kept[order[r] / setSize][c]);
    }

    /// <summary>Blocks of rows and columns, all in a random order: <paramref name="setSize"/> rows by <paramref name="width"/> columns.</summary>
    public float[] Blocks(int rows, int columns, int setSize, int width, double density)
    {
        bool[][] kept = [.. Enumerable.Range(0, (rows + setSize - 1) / setSize).Select(_ => Mask((columns + width - 1) / width, density))];
        int[] rowOrder = Order(rows), columnOrder = Order(columns);
        return Fill(rows, columns, (r, c) => kept[rowOrder[r] / setSize][columnOrder[c] / width]);
    }

    /// <summary>Modules: block-diagonal after rows and columns are put in order.</summary>
    public float[] Modules(int rows, int columns, int modules)
    {
        int[] rowOrder = Order(rows), columnOrder = Order(columns);
        return Fill(rows, columns, (r, c) => rowOrder[r] % modules == columnOrder[c] % modules);
    }

    /// <summary>Filters of channels x positions that each follow one of some patterns of positions, the same for all their kernels.</summary>
    public float[] FilterPatterns(int filters, int channels, int positions, int kept, int patterns)
    {
        bool[][] choices = [.. Enumerable.Range(0, patterns).Select(_ => Choose(positions, kept))];
        int[] order = Order(filters);
        return Fill(filters, channels * positions, (r, c) => choices[order[r] % patterns][c % positions]);
    }

    /// <summary>Stripes: every filter keeps its own positions, for all channels.</summary>
    public float[] Stripes(int filters, int channels, int positions, int kept)
    {
        bool[][] own = [.. Enumerable.Range(0, filters).Select(_ => Choose(positions, kept))];
        return Fill(filters, channels * positions, (r, c) => own[r][c % positions]);
    }

    /// <summary>Kernel patterns: each kernel, one output by one input, follows one of some patterns of positions.</summary>
    public float[] KernelPatterns(int filters, int channels, int positions, int kept, int patterns)
    {
        bool[][] choices = [.. Enumerable.Range(0, patterns).Select(_ => Choose(positions, kept))];
        int[] own = [.. Enumerable.Range(0, filters * channels).Select(_ => random.Next(patterns))];
        return Fill(filters, channels * positions, (r, c) => choices[own[(r * channels) + (c / positions)]][c % positions]);
    }

    /// <summary>Whole kernels, one output by one input, kept or gone.</summary>
    public float[] Kernels(int filters, int channels, int positions, double density)
    {
        bool[] kept = Mask(filters * channels, density);
        return Fill(filters, channels * positions, (r, c) => kept[(r * channels) + (c / positions)]);
    }

    /// <summary>N of each M neighbours along the columns.</summary>
    public float[] Ratio(int rows, int columns, int n, int m)
    {
        bool[][] kept = [.. Enumerable.Range(0, rows * (columns / m)).Select(_ => Choose(m, n))];
        return Fill(rows, columns, (r, c) => kept[(r * (columns / m)) + (c / m)][c % m]);
    }

    /// <summary>The product of two factors, rounded once.</summary>
    public float[] LowRank(int rows, int columns, int rank)
    {
        float[] a = Fill(rows, rank, (_, _) => true), b = Fill(rank, columns, (_, _) => true);
        var result = new float[rows * columns];
        for (int i = 0; i < result.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < rank; k++)
            {
                sum += (double)a[(i / columns * rank) + k] * b[(k * columns) + (i % columns)];
            }

            result[i] = (float)sum;
        }

        return result;
    }

    /// <summary>Weights of few values.</summary>
    public float[] Codebook(int rows, int columns, params float[] values)
    {
        var result = new float[rows * columns];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[random.Next(values.Length)];
        }

        return result;
    }

    private float[] Fill(int rows, int columns, Func<int, int, bool> kept)
    {
        var result = new float[rows * columns];
        for (int i = 0; i < result.Length; i++)
        {
            float value = (random.NextSingle() - 0.5f) / MathF.Sqrt(columns);
            result[i] = kept(i / columns, i % columns) ? value + MathF.CopySign(1e-4f, value) : 0;
        }

        return result;
    }

    private bool[] Mask(int count, double density) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < density)];

    private bool[] Choose(int of, int count)
    {
        var result = new bool[of];
        foreach (int i in Order(of).Take(count))
        {
            result[i] = true;
        }

        return result;
    }

    private int[] Order(int count) => [.. Enumerable.Range(0, count).Select(i => (Key: random.Next(), i)).OrderBy(p => p.Key).Select(p => p.i)];
}
