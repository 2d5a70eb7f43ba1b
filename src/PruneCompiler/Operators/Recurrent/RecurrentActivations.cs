using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The activations of a recurrent node.</summary>
internal static class RecurrentActivations
{
    private static readonly Dictionary<string, (RecurrentFunction Function, float? Alpha, float? Beta)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Affine"] = (RecurrentFunction.Affine, 1f, 0f),
        ["Elu"] = (RecurrentFunction.Elu, 1f, null),
        ["HardSigmoid"] = (RecurrentFunction.HardSigmoid, 0.2f, 0.5f),
        ["LeakyRelu"] = (RecurrentFunction.LeakyRelu, 0.01f, null),
        ["Relu"] = (RecurrentFunction.Relu, null, null),
        ["ScaledTanh"] = (RecurrentFunction.ScaledTanh, 1f, 1f),
        ["Sigmoid"] = (RecurrentFunction.Sigmoid, null, null),
        ["Softplus"] = (RecurrentFunction.Softplus, null, null),
        ["Softsign"] = (RecurrentFunction.Softsign, null, null),
        ["Tanh"] = (RecurrentFunction.Tanh, null, null),
        ["ThresholdedRelu"] = (RecurrentFunction.ThresholdedRelu, 1f, null),
    };

    /// <summary>All activations in order, direction by direction; alpha and beta lists go to those functions that have one.</summary>
    public static List<(RecurrentFunction Function, float Alpha, float Beta)> Of(Node node, int directions, string[] defaults)
    {
        string[] names = node.Attributes.Texts("activations") ?? [.. Enumerable.Repeat(defaults, directions).SelectMany(d => d)];
        if (names.Length != defaults.Length * directions)
        {
            throw new OperatorException(node, $"{names.Length} activations are given where {defaults.Length * directions} are needed");
        }

        var alphas = new Queue<float>(node.Attributes.Floats("activation_alpha") ?? []);
        var betas = new Queue<float>(node.Attributes.Floats("activation_beta") ?? []);
        var result = new List<(RecurrentFunction, float, float)>();
        foreach (string name in names)
        {
            if (!Known.TryGetValue(name, out var known))
            {
                throw new OperatorException(node, $"the activation '{name}' does not exist");
            }

            float alpha = known.Alpha is { } a ? alphas.TryDequeue(out float given) ? given : a : 0;
            float beta = known.Beta is { } b ? betas.TryDequeue(out float also) ? also : b : 0;
            result.Add((known.Function, alpha, beta));
        }

        return result;
    }

    /// <summary>The functions as ONNX defines them.</summary>
    public static double Apply((RecurrentFunction Function, float Alpha, float Beta) activation, double x)
    {
        (RecurrentFunction function, double alpha, double beta) = activation;
        return function switch
        {
            RecurrentFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
            RecurrentFunction.Tanh => Math.Tanh(x),
            RecurrentFunction.Relu => Math.Max(x, 0),
            RecurrentFunction.Affine => (alpha * x) + beta,
            RecurrentFunction.LeakyRelu => x >= 0 ? x : alpha * x,
            RecurrentFunction.ThresholdedRelu => x > alpha ? x : 0,
            RecurrentFunction.ScaledTanh => alpha * Math.Tanh(beta * x),
            RecurrentFunction.HardSigmoid => Math.Clamp((alpha * x) + beta, 0, 1),
            RecurrentFunction.Elu => x >= 0 ? x : alpha * (Math.Exp(x) - 1),
            RecurrentFunction.Softsign => x / (1 + Math.Abs(x)),
            RecurrentFunction.Softplus => Math.Log(1 + Math.Exp(x)),
            _ => throw new NotSupportedException(function.ToString()),
        };
    }
}
