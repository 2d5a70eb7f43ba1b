namespace PruneCompiler.Operators;

/// <summary>How one axis is resized: for each output position its neighbours in the input and their weights.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Input">Elements in the input.</param>
/// <param name="Output">Elements in the output.</param>
/// <param name="Taps">Neighbours that are summed.</param>
/// <param name="Table">[Taps, Output]: positions within the input; -1 in the first tap means outside.</param>
/// <param name="Weights">[Taps, Output].</param>
internal sealed record ResizeAxis(int Axis, int Input, int Output, int Taps, int[] Table, float[] Weights)
{
    /// <summary>True when the axis stays as it is.</summary>
    public bool IsIdentity => Input == Output && Enumerable.Range(0, Output).All(x => Enumerable.Range(0, Taps).All(t => Weights[(t * Output) + x] == 0 || (Table[(t * Output) + x] == x && Weights[(t * Output) + x] == 1)));

    /// <summary>Works out the tables of an axis.</summary>
    public static ResizeAxis Make(ResizeMode mode, int axis, int input, int output, float scale, float start, float end)
    {
        int taps = mode.Taps(scale);
        var table = new int[taps * output];
        var weights = new float[taps * output];
        for (int x = 0; x < output; x++)
        {
            float at = mode.Source(x, input, output, scale, start, end);
            if (mode.Extrapolates && (at < 0 || at > input - 1))
            {
                table[x] = -1;
                continue;
            }

            if (mode.Nearest)
            {
                table[x] = Math.Clamp(mode.Round(at, scale), 0, input - 1);
                weights[x] = 1;
                continue;
            }

            // The neighbours' first is left of "at", which lies in (floor, floor + 1].
            int floor = (int)Math.Ceiling(at) - 1, first = floor + mode.FirstTap(scale);
            double total = 0;
            for (int t = 0; t < taps; t++)
            {
                double weight = mode.ExcludeOutside && (uint)(first + t) >= (uint)input ? 0 : mode.Weight(first + t - at, scale);
                total += weight;
                table[(t * output) + x] = Math.Clamp(first + t, 0, input - 1);
                weights[(t * output) + x] = (float)weight;
            }

            for (int t = 0; t < taps && total != 0; t++)
            {
                weights[(t * output) + x] = (float)(weights[(t * output) + x] / total);
            }
        }

        return new ResizeAxis(axis, input, output, taps, table, weights);
    }
}
