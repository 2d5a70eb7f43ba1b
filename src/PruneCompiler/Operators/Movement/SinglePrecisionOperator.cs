using PruneCompiler.Import;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Operators whose kernels compute in float32: other float types are converted on the way in and out.</summary>
public abstract class SinglePrecisionOperator : Operator
{
    /// <summary>False where a node of another type needs no conversion after all.</summary>
    protected virtual bool NeedsSingle(Node node) => true;

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph) => NeedsSingle(node) ? SinglePrecision.Wrap(node, graph) : null;
}

/// <summary>Puts conversions around nodes whose kernels compute in float32.</summary>
internal static class SinglePrecision
{
    /// <summary>True for float types that become float32 and back.</summary>
    public static bool Converts(ElementType type) => type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;

    /// <summary>The same node on float32 between conversions; null where nothing needs one.</summary>
    public static IReadOnlyList<Value>? Wrap(Node node, Graph graph)
    {
        if (node.Inputs.All(i => i is null || Fits(i.Type)))
        {
            return null;
        }

        List<Value?> inputs = node.Inputs.Select(i => i is null || Fits(i.Type) ? i : Cast(graph, node, i, ElementType.Float32)).ToList();
        Node inner = graph.Insert(node, node.Name, node.Operator.Name, inputs, node.Attributes.Clone(), node.Outputs.Count, node.Operator.Domain, node.Opset);
        return inner.Outputs.Zip(node.Outputs, (now, then) => now.Type == then.Type ? now : Cast(graph, node, now, then.Type)).ToList();
    }

    private static bool Fits(ElementType type) => type is ElementType.Float32 or ElementType.Int64 or ElementType.Int32 or ElementType.Bool;

    private static Value Cast(Graph graph, Node node, Value value, ElementType type) =>
        graph.Insert(node, $"{node.Name}_{type.Text()}", "Cast", [value], new Attributes().Set("to", (long)type).Set(ComputeInSingle.Implied, 1)).Outputs[0];
}
