using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>What the scattering operators share.</summary>
internal static class ScatterNode
{
    /// <summary>The attribute reduction.</summary>
    /// <exception cref="OperatorException">It is unknown, or needs numbers that can be computed with.</exception>
    public static ScatterMode Mode(Node node)
    {
        ScatterMode mode = node.Attributes.Text("reduction", "none") switch
        {
            "none" => ScatterMode.None,
            "add" => ScatterMode.Add,
            "mul" => ScatterMode.Mul,
            "min" => ScatterMode.Min,
            "max" => ScatterMode.Max,
            string other => throw new OperatorException(node, $"reduction '{other}' is none of none, add, mul, min, max"),
        };
        return mode == ScatterMode.None || NumberTypes.Has(node.Input(0).Type)
            ? mode
            : throw new OperatorException(node, $"reduction of {node.Input(0).Type.Text()} is not supported");
    }
}
