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
        if (channels != scale.Length || Bias(layer, channels) is not var (bias, shape))
        {
            return false;
        }

        if (scale.Any(s => s != 1))
        {
            layer.SetInput(1, graph.Constant(layer.Input(1).Name + " scaled", Scaled(layer, weights, scale)));
        }

        int perChannel = bias.Length / channels;
        for (int i = 0; i < bias.Length; i++)
        {
            bias[i] = (bias[i] * scale[i / perChannel]) + shift[i / perChannel];
        }

        GraphEdits.SetInput(layer, 2, graph.Constant(layer.Name + " bias", WholeTensors.Tensor(weights.Type, shape, bias)));
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

    // One value per channel, or per channel and pixel (Conv only); null when the bias is computed or differs along another axis.
    private static (double[] Values, Shape Shape)? Bias(Node layer, int channels)
    {
        if (layer.InputOrNull(2) is not { } value)
        {
            return (new double[channels], new Shape(channels));
        }

        if (value.Constant is not { } constant)
        {
            return null;
        }

        if (layer.Operator is Conv or ConvTranspose)
        {
            return (WholeTensors.Doubles(constant), constant.Shape);
        }

        // Gemm's C broadcasts to [M, N], MatMul's bias along the last axis.
        bool isGemm = layer.Operator is Gemm;
        double[]? bias = GraphEdits.PerChannel(constant, isGemm ? layer.Outputs[0].Shape : new Shape(1, channels));
        double beta = isGemm ? layer.Attributes.Float("beta", 1) : 1;
        return bias is null ? null : (Array.ConvertAll(bias, b => b * beta), new Shape(channels));
    }
}
