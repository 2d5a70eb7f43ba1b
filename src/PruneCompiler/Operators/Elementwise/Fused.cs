using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Several element-wise operators as one loop; made by the optimiser, never read from a file.</summary>
/// <remarks>Attributes: "expression" over a, b, c ..., "type" the element type of the result, "label" the operators for people.</remarks>
public sealed class Fused : ElementwiseOperator
{
    /// <summary>Domain of operators that only the compiler makes.</summary>
    public const string OwnDomain = "prunecompiler";

    /// <inheritdoc/>
    public override string Name => "Fused";

    /// <inheritdoc/>
    public override string Domain => OwnDomain;

    /// <inheritdoc/>
    protected override bool RequiresOneType => false;

    /// <inheritdoc/>
    public override string Expression(Node node) => node.Attributes.Text("expression");

    /// <inheritdoc/>
    public override string Label(Node node) => node.Attributes.Text("label");

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Expression expression = ExpressionParser.Parse(Expression(node));
        var result = new Tensor(node.Outputs[0].Type, node.Outputs[0].Shape);
        for (int i = 0; i < result.Count; i++)
        {
            var names = new Dictionary<string, double>();
            for (int k = 0; k < inputs.Length; k++)
            {
                Tensor input = inputs[k]!;
                names.Add(Plan.MapLowering.OperandName(k), Numbers.ReadFloat(input, BroadcastIndex.Of(input.Shape, result.Shape, i)));
            }

            Numbers.WriteFloat(result, i, ExpressionEvaluator.Evaluate(expression, names));
        }

        return [result];
    }

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => (ElementType)node.Attributes.Int("type");
}
