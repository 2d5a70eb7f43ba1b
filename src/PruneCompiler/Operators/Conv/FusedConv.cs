using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>activation(Conv(X, W, B) + Z) (com.microsoft FusedConv), as ONNX Runtime's optimiser writes it. A function of simpler operators.</summary>
public sealed class FusedConv() : FunctionOperator("com.microsoft")
{
    private static readonly Conv Conv = new();

    /// <inheritdoc/>
    public override string Name => "FusedConv";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        try
        {
            return [Conv.Infer(new Node(node.Name, Conv, NewestOpset, node.Inputs.Take(3), [new Value("y")], FusedActivation.Without(node)))[0]];
        }
        catch (OperatorException e)
        {
            throw new OperatorException(node, e.Why);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value y = f.Add("Conv", FusedActivation.Without(node), [.. node.Inputs.Take(3)]);
        y = node.InputOrNull(3) is { } addend ? f.Add("Add", y, addend) : y;
        return [FusedActivation.Of(f, node, y, node.Attributes.Floats("activation_params") ?? [])];
    }
}

/// <summary>The activation that ONNX Runtime's fused operators carry as attributes.</summary>
internal static class FusedActivation
{
    /// <summary>Attributes of the operator that comes before the activation.</summary>
    public static Attributes Without(Node node)
    {
        var plain = new Attributes();
        foreach (string name in node.Attributes.Names.Where(n => !n.StartsWith("activation", StringComparison.Ordinal)))
        {
            plain.Set(name, node.Attributes.Get(name)!);
        }

        return plain;
    }

    /// <summary>The activation of a value.</summary>
    /// <param name="f">Where to write.</param>
    /// <param name="node">The fused node, whose attribute "activation" names an ONNX operator, or nothing.</param>
    /// <param name="x">The value.</param>
    /// <param name="parameters">Parameters in ONNX Runtime's order: alpha and beta, or the bounds of Clip.</param>
    public static Value Of(FunctionBuilder f, Node node, Value x, float[] parameters)
    {
        float Parameter(int i, float otherwise) => i < parameters.Length ? parameters[i] : otherwise;
        return node.Attributes.Text("activation") switch
        {
            "" => x,
            "Relu" or "Tanh" or "Sigmoid" or "Softsign" or "Softplus" => f.Add(node.Attributes.Text("activation"), x),
            "LeakyRelu" => f.Add("LeakyRelu", new Attributes().Set("alpha", Parameter(0, 0.01f)), x),
            "ThresholdedRelu" => f.Add("ThresholdedRelu", new Attributes().Set("alpha", Parameter(0, 1)), x),
            "Elu" => f.Add("Elu", new Attributes().Set("alpha", Parameter(0, 1)), x),
            "HardSigmoid" => f.Add("HardSigmoid", new Attributes().Set("alpha", Parameter(0, 0.2f)).Set("beta", Parameter(1, 0.5f)), x),
            "Clip" => f.Add("Clip", x, f.Number(Parameter(0, float.MinValue), x.Type), f.Number(Parameter(1, float.MaxValue), x.Type)),
            var other => throw new OperatorException(node, $"the activation '{other}' is not supported"),
        };
    }
}
