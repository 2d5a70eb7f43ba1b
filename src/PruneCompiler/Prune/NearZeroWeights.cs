using PruneCompiler.Analyze;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Prune;

/// <summary>Weights that are almost zero: taken as zero when the user asks for it, and pointed out when it would pay.</summary>
/// <remarks>Training with decay, and conversion from 8-bit formats, leave weights of 1e-30 that cost as much as any other, or, denormal, far more.</remarks>
internal static class NearZeroWeights
{
    /// <summary>Weights below this share of their layer's largest do not change a float32 result.</summary>
    private const float Negligible = 1e-6f;

    /// <summary>The hint is given when so large a share of all weights is negligible.</summary>
    private const double WorthSaying = 0.01;

    /// <summary>Sets float32 weights of at most <paramref name="tolerance"/> times their tensor's largest magnitude to zero.</summary>
    public static void Flush(Graph graph, float tolerance)
    {
        if (tolerance <= 0)
        {
            return;
        }

        var flushed = new Dictionary<Value, Value>();
        foreach (Node node in graph.Nodes)
        {
            foreach (int i in WeightInputs(node))
            {
                Value weights = node.Input(i);
                if (!flushed.TryGetValue(weights, out Value? clean))
                {
                    Tensor tensor = weights.Constant!;
                    var copy = new Tensor(tensor.Type, tensor.Shape, (byte[])tensor.Bytes.Clone());
                    float limit = Largest(tensor) * tolerance;
                    foreach (ref float w in copy.As<float>())
                    {
                        w = MathF.Abs(w) <= limit ? 0 : w;
                    }

                    flushed.Add(weights, clean = graph.Constant(weights.Name, copy));
                }

                node.SetInput(i, clean);
            }
        }
    }

    /// <summary>The hint that a tolerance would pay, or null.</summary>
    public static Diagnostic? Hint(Graph graph)
    {
        long all = 0, negligible = 0, denormal = 0;
        foreach (Value weights in graph.Nodes.SelectMany(n => WeightInputs(n).Select(n.Input)).Distinct())
        {
            float limit = Largest(weights.Constant!) * Negligible;
            foreach (float w in weights.Constant!.As<float>())
            {
                all++;
                negligible += w != 0 && MathF.Abs(w) <= limit ? 1 : 0;
                denormal += float.IsSubnormal(w) ? 1 : 0;
            }
        }

        return denormal > 0 || negligible > all * WorthSaying ? Catalogue.NearZeroWeights(negligible, all, denormal) : null;
    }

    private static IEnumerable<int> WeightInputs(Node node) => MultiplyAdds.Dense(node) == 0 ? []
        : Enumerable.Range(0, 2).Where(i => node.Input(i).Constant is { Type: ElementType.Float32 });

    private static float Largest(Tensor tensor)
    {
        float largest = 0;
        foreach (float w in tensor.As<float>())
        {
            largest = MathF.Max(largest, MathF.Abs(w));
        }

        return float.IsFinite(largest) ? largest : 0; // nothing is small beside an infinity
    }
}
