using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>
/// Lets a sparse convolution write the constant channels that a later sum wants between its own: filters without weights, whose bias is the constant. They cost a store each; bringing
/// the others to their places costs a copy of the whole activation.
/// </summary>
internal static class AbsorbWiden
{
    // Of the weights with the new filters. Dense kernels would multiply by their zeros; from here on sparse ones are chosen.
    private const double LeastZeros = 0.7;

    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node widen in graph.Nodes.Where(n => n.Operator is Widen).ToArray())
        {
            if (widen.Attributes.Int("axis") == 1 && widen.Input(0).Producer is { Operator: Conv } layer && GraphEdits.OnlyReader(graph, widen.Input(0)) == widen
                && layer.Attributes.Int("group", 1) == 1 && layer.InputOrNull(3) is null && layer.InputOrNull(2) is null or { Constant.Shape.Rank: 1 }
                && layer.ConstantInput(1) is { Type: ElementType.Float32 } weights
                && GraphEdits.PerChannel(widen.ConstantInput(1)!, FillShape(widen)) is { } fill && Passes(Epilogue.Of(layer), fill)
                && Zeros(widen, weights) >= LeastZeros)
            {
                Absorb(graph, layer, widen, weights, fill);
            }
        }
    }

    private static double Zeros(Node widen, Tensor weights)
    {
        double own = weights.Shape[0], all = widen.Outputs[0].Shape[1];
        return 1 - ((1 - (weights.As<float>().Count(0f) / (double)weights.Shape.Count)) * own / all);
    }

    private static Shape FillShape(Node widen) => widen.Outputs[0].Shape.With(1, widen.Outputs[0].Shape[1] - widen.Input(0).Shape[1]);

    // The constant is what it is behind the activation: as a bias it has to come through.
    private static bool Passes(Epilogue epilogue, double[] fill) => fill.All(c => c >= epilogue.Low && c <= epilogue.High && (c >= 0 || epilogue.Slope == 1));

    private static void Absorb(Graph graph, Node layer, Node widen, Tensor weights, double[] fill)
    {
        int channels = widen.Outputs[0].Shape[1], own = weights.Shape[0], taps = (int)(weights.Shape.Count / own);
        int[] slices = Array.ConvertAll(widen.Attributes.Ints("slices")!, s => (int)s);
        var all = new float[channels * taps];
        var bias = new float[channels];
        ReadOnlySpan<float> from = weights.As<float>();
        float[] biases = layer.ConstantInput(2)?.As<float>().ToArray() ?? new float[own];
        int[] missing = [.. Enumerable.Range(0, channels).Except(slices)];
        for (int i = 0; i < own; i++)
        {
            from.Slice(i * taps, taps).CopyTo(all.AsSpan(slices[i] * taps));
            bias[slices[i]] = biases[i];
        }

        for (int i = 0; i < missing.Length; i++)
        {
            bias[missing[i]] = (float)fill[i];
        }

        layer.SetInput(1, graph.Constant(layer.Name + " weights", Tensor.Of<float>(weights.Shape.With(0, channels), all)));
        GraphEdits.SetInput(layer, 2, graph.Constant(layer.Name + " bias", Tensor.Of<float>(new Shape(channels), bias)));
        layer.Operator.InferTypes(layer);
        GraphEdits.TakeOver(graph, layer, widen);
    }
}
