using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Triangular filters [dft_length / 2 + 1, num_mel_bins] that turn a spectrum into mel bands, from constant inputs (ONNX MelWeightMatrix, opset 17).</summary>
public sealed class MelWeightMatrix : ConstantOperator
{
    /// <inheritdoc/>
    public override string Name => "MelWeightMatrix";

    /// <inheritdoc/>
    protected override Tensor Compute(Node node)
    {
        long bands = Single(node, 0, "num_mel_bins").GetInt64(0), dft = Single(node, 1, "dft_length").GetInt64(0), rate = Single(node, 2, "sample_rate").GetInt64(0);
        double low = Mel(Single(node, 3, "lower_edge_hertz").GetDouble(0)), high = Mel(Single(node, 4, "upper_edge_hertz").GetDouble(0));
        if (bands < 1 || dft < 1 || rate < 1 || !double.IsFinite(low) || !double.IsFinite(high))
        {
            throw new OperatorException(node, $"{bands} bands, {dft} samples at {rate} Hz make no filter bank");
        }

        var result = new Tensor(TypeAttribute(node, "output_datatype", ElementType.Float32), Rules.Shape(node, (dft / 2) + 1, bands));
        int rows = result.Shape[0], columns = result.Shape[1];

        // The edges of the bands are equally spaced in mel and rounded down to bins, as ONNX's reference does.
        var edges = new double[columns + 2];
        for (int i = 0; i < edges.Length; i++)
        {
            double hertz = 700 * (Math.Pow(10, (low + (i * (high - low) / edges.Length)) / 2595) - 1);
            edges[i] = Math.Floor((dft + 1) * hertz / rate);
        }

        for (int i = 0; i < columns; i++)
        {
            double left = edges[i], middle = edges[i + 1], right = edges[i + 2];
            for (double j = Math.Max(left, 0); j <= middle && j < rows; j++)
            {
                Put(result, j, i, middle == left ? j == middle ? 1 : 0 : (j - left) / (middle - left));
            }

            for (double j = Math.Max(middle, 0); j < right && j < rows; j++)
            {
                Put(result, j, i, (right - j) / (right - middle));
            }
        }

        return result;
    }

    private static double Mel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));

    private static void Put(Tensor result, double row, int column, double value) => Numbers.WriteFloat(result, ((int)row * result.Shape[1]) + column, value);
}
