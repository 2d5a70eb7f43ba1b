using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each channel (ONNX BatchNormalization, opsets 1 to 15).</summary>
/// <remarks>
/// With training_mode (from opset 14 on) mean and variance are those of x itself, and two further outputs move the given ones
/// towards them: given * momentum + own * (1 - momentum).
/// </remarks>
public sealed class BatchNormalization : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = _ => [], ParameterAxis = _ => 1, ScaleInput = 1, Applies = n => !IsTraining(n) };

    /// <inheritdoc/>
    public override string Name => "BatchNormalization";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>True when statistics are taken from the input.</summary>
    public static bool IsTraining(Node node) => node.Opset >= 14 && node.Attributes.Int("training_mode") != 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        if (x.Rank < 2)
        {
            throw new OperatorException(node, $"the input has shape {x}; batch and channels are needed");
        }

        for (int i = 1; i < 5; i++)
        {
            if (node.Input(i).Shape != new Shape(x[1]))
            {
                throw new OperatorException(node, $"input {i} has shape {node.Input(i).Shape} where there are {x[1]} channels");
            }
        }

        if (node.Opset < 9 && node.Attributes.Int("spatial", 1) == 0)
        {
            throw new OperatorException(node, "spatial=0 (statistics for each pixel) is not supported");
        }

        if (node.Outputs.Count > 1 && !IsTraining(node))
        {
            // Older opsets list the statistics as outputs; they mean something in training only.
            if (node.Outputs.Skip(1).Any(o => o.Uses.Count > 0))
            {
                throw new OperatorException(node, "the outputs of training are read, but this is inference");
            }
        }

        TensorType own = node.Input(0).TensorType, mean = node.Input(3).TensorType, variance = node.Input(4).TensorType;
        return [own, mean, variance, mean, variance];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        double[] values = WholeTensors.Doubles(x), scale = WholeTensors.Doubles(inputs[1]!), bias = WholeTensors.Doubles(inputs[2]!);
        double[] mean = WholeTensors.Doubles(inputs[3]!), variance = WholeTensors.Doubles(inputs[4]!);
        double epsilon = node.Attributes.Float("epsilon", 1e-5f), momentum = node.Attributes.Float("momentum", 0.9f);
        int channels = x.Shape[1], plane = (int)(x.Shape.Count / Math.Max(1, x.Shape[0] * channels));
        var results = new List<Tensor>();
        if (IsTraining(node))
        {
            (double[] ownMean, double[] ownVariance) = Statistics(values, channels, plane);
            results.Add(WholeTensors.Tensor(inputs[3]!.Type, inputs[3]!.Shape, Mix(mean, ownMean, momentum)));
            results.Add(WholeTensors.Tensor(inputs[4]!.Type, inputs[4]!.Shape, Mix(variance, ownVariance, momentum)));
            (mean, variance) = (ownMean, ownVariance);
        }

        for (int i = 0; i < values.Length; i++)
        {
            int c = i / plane % channels;
            values[i] = ((values[i] - mean[c]) / Math.Sqrt(variance[c] + epsilon) * scale[c]) + bias[c];
        }

        results.Insert(0, WholeTensors.Tensor(x.Type, x.Shape, values));
        while (results.Count < node.Outputs.Count)
        {
            results.Add(inputs[3]!); // nobody reads them, see Infer
        }

        return [.. results];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        ElementType type = node.Input(0).Type;
        if (node.Inputs.Skip(1).Take(4).All(v => v!.Type == type))
        {
            return null;
        }

        // Kernels know one precision. Statistics that are computed here keep the one that they were declared with.
        var body = new FunctionBuilder(graph, node);
        Node same = body.Node("BatchNormalization", node.Attributes, node.Outputs.Count, [node.Input(0), .. node.Inputs.Skip(1).Take(4).Select(v => body.Cast(v!, type))]);
        return [.. same.Outputs.Select((o, i) => body.Cast(o, node.Outputs[i].Type))];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainBatchNormalization.Lower(node, lowering);

    private static double[] Mix(double[] given, double[] own, double momentum) => [.. given.Zip(own, (g, o) => (g * momentum) + (o * (1 - momentum)))];

    private static (double[] Mean, double[] Variance) Statistics(double[] values, int channels, int plane)
    {
        double[] mean = new double[channels], variance = new double[channels];
        double count = values.Length / (double)channels;
        for (int i = 0; i < values.Length; i++)
        {
            mean[i / plane % channels] += values[i] / count;
        }

        for (int i = 0; i < values.Length; i++)
        {
            double d = values[i] - mean[i / plane % channels];
            variance[i / plane % channels] += d * d / count;
        }

        return (mean, variance);
    }
}
