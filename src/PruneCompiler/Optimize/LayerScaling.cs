using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Folds y * scale + shift, one pair for each output channel, into the weights and bias of a layer.</summary>
internal static class LayerScaling
{
    /// <summary>Edits the layer; false, and nothing done, when its weights or bias are not constants that can take it.</summary>
    public static bool TryFold(Graph graph, Node layer, double[] scale, double[] shift)
    {
        if (!GraphEdits.IsLinear(layer) || layer.Input(1).Constant is not { } weights || !weights.Type.IsFloat())
        {
            return false;
        }

        Shape result = layer.Outputs[0].Shape;
        int channels = result.Rank < 2 ? 0 : layer.Operator is MatMul ? result[-1] : result[1];
        if (channels != scale.Length || Bias(layer, channels) is not { } bias)
        {
            return false;
        }

        if (scale.Any(s => s != 1))
        {
            layer.SetInput(1, graph.Constant(layer.Input(1).Name + " scaled", Scaled(layer, weights, scale)));
        }

        for (int c = 0; c < channels; c++)
        {
            bias[c] = (bias[c] * scale[c]) + shift[c];
        }

        GraphEdits.SetInput(layer, 2, graph.Constant(layer.Name + " bias", WholeTensors.Tensor(weights.Type, new Shape(channels), bias)));
        if (layer.Operator is Gemm)
        {
            layer.Attributes.Set("beta", 1f);
        }

        return true;
    }

    private static Tensor Scaled(Node layer, Tensor weights, double[] scale)
    {
        double[] values = WholeTensors.Doubles(weights);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= scale[OutputChannel(layer, weights.Shape, i)];
        }

        return WholeTensors.Tensor(weights.Type, weights.Shape, values);
    }

    // The output channel that weight number `index` contributes to.
    private static int OutputChannel(Node layer, Shape w, int index)
    {
        switch (layer.Operator)
        {
            case Conv:
                return index / (int)(w.Count / w[0]);
            case ConvTranspose:
                int taps = (int)(w.Count / w[0] / w[1]), perGroup = w[0] / (int)layer.Attributes.Int("group", 1);
                return (index / taps / w[1] / perGroup * w[1]) + (index / taps % w[1]);
            case Gemm when layer.Attributes.Int("transB") != 0:
                return index / w[1];
            default:
                return index % w[-1];
        }
    }

    // One value per channel; null when the bias is computed or differs within a channel.
    private static double[]? Bias(Node layer, int channels)
    {
        if (layer.InputOrNull(2) is not { } value)
        {
            return new double[channels];
        }

        if (value.Constant is not { } constant || (layer.Operator is not Gemm && constant.Shape.Rank > 1))
        {
            return null;
        }

        // Gemm's C broadcasts to [M, N].
        double[]? bias = layer.Operator is Gemm ? GraphEdits.PerChannel(constant, layer.Outputs[0].Shape) : WholeTensors.Doubles(constant);
        double beta = layer.Operator is Gemm ? layer.Attributes.Float("beta", 1) : 1;
        return bias is null ? null : Array.ConvertAll(bias, b => b * beta);
    }
}
