using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Random constants for layers.</summary>
internal sealed class RandomLayers(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>One of the given values.</summary>
    public T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    /// <summary>A whole number from <paramref name="low"/> to below <paramref name="high"/>.</summary>
    public int Next(int low, int high) => random.Next(low, high);

    /// <summary>Numbers between -1 and 1, a share of them zero.</summary>
    public Tensor Weights(double zeros, params int[] shape)
    {
        var tensor = new Tensor(ElementType.Float32, new Shape(shape));
        foreach (ref float w in tensor.As<float>())
        {
            w = random.NextDouble() < zeros ? 0 : (random.NextSingle() * 2) - 1;
        }

        return tensor;
    }

    /// <summary>Positive numbers.</summary>
    public Tensor Positive(params int[] shape)
    {
        Tensor tensor = Weights(0, shape);
        foreach (ref float w in tensor.As<float>())
        {
            w = MathF.Abs(w) + 0.1f;
        }

        return tensor;
    }

    /// <summary>A convolution node with constants named after its output.</summary>
    public OnnxBuilder Conv(OnnxBuilder model, string x, string y, Tensor weights, Tensor? bias, params (string, object)[] attributes)
    {
        model.Initializer(y + "_w", weights);
        if (bias is not null)
        {
            model.Initializer(y + "_b", bias);
        }

        return model.Node("Conv", bias is null ? [x, y + "_w"] : [x, y + "_w", y + "_b"], [y], attributes);
    }
}
