using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Conversion between element types (ONNX Cast, opsets 6 to 25).</summary>
/// <remarks>
/// Floats become integers by truncation, integers wrap around, everything but zero becomes true. "saturate" (opset 19 on) says whether what is too large for
/// an 8-bit float becomes its largest value; "round_mode" (opset 24 on) how a float becomes a power of two (float8e8m0).
/// </remarks>
public class Cast : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Cast";

    /// <inheritdoc/>
    public override IEnumerable<Value> Operands(Node node) => [node.Input(0)];

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        string to = ResultType(node).Text(), from = node.Input(0).Type.Text();
        if (from == to)
        {
            return "a";
        }

        string value = "a";
        if (to == "float8e8m0")
        {
            value = ElementKinds.Computed(from) == "float32" ? value : $"(cast float32 {value})";
            value = RoundMode(node) switch { "down" => $"(powerdown {value})", "nearest" => $"(powernearest {value})", _ => value };
        }

        return $"({(Saturate(node) ? "cast" : "cast!")} {to} {value})";
    }

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node)
    {
        var to = (ElementType)node.Attributes.Int("to");
        return Enum.IsDefined(to) && to is not (ElementType.Undefined or ElementType.String or ElementType.Complex64 or ElementType.Complex128)
            ? to
            : throw new OperatorException(node, $"cannot cast to {to}");
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(node.Outputs[0].Type, x.Shape);
        bool real = x.Type.IsFloat();
        if (x.Type == y.Type)
        {
            return [new Tensor(x.Type, x.Shape, x.Bytes)];
        }

        for (int i = 0; i < x.Count; i++)
        {
            if (real)
            {
                double value = Numbers.ReadFloat(x, i);
                Numbers.WriteFloat(y, i, y.Type == ElementType.Float8E8M0 ? Rounded(value, RoundMode(node)) : value, Saturate(node));
            }
            else
            {
                Numbers.WriteInteger(y, i, Numbers.ReadInteger(x, i));
            }
        }

        return [y];
    }

    private static bool Saturate(Node node) => node.Attributes.Int("saturate", 1) != 0;

    private static string RoundMode(Node node) => node.Attributes.Text("round_mode", "up");

    // The conversion itself rounds up; a power of two stays.
    private static double Rounded(double value, string mode) =>
        mode == "up" || !(Math.Abs(value) > 0) || double.IsInfinity(value) ? value
        : mode == "down" ? Math.ScaleB(1, Math.ILogB(value))
        : Math.ScaleB(1, Math.ILogB(value) + (Math.ScaleB(Math.Abs(value), -Math.ILogB(value)) >= 1.5 ? 1 : 0));
}

/// <summary>Conversion to the element type of another value (ONNX CastLike, opsets 15 to 25): a <see cref="Cast"/>, since all types are known.</summary>
public sealed class CastLike : Cast
{
    /// <inheritdoc/>
    public override string Name => "CastLike";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => node.Input(1).Type;

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph) =>
        [new FunctionBuilder(graph, node).Add("Cast", node.Attributes.Clone().Set("to", (long)node.Input(1).Type), node.Input(0))];
}
