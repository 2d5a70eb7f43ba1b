using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan;

namespace PruneCompiler.Optimize;

/// <summary>
/// Joins an element-wise node with the element-wise node that alone feeds it: one loop instead of two, and no intermediate value in memory. Not where it would
/// cost: where the value is repeated by broadcasting, or where one of the two would lose its vector form.
/// </summary>
internal static class FuseElementwise
{
    // More pointers than this do not stay in registers, and longer formulas are no longer read.
    private const int MostOperands = 7;
    private const int LongestFormula = 40;

    public static void Run(Graph graph)
    {
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            Node node = graph.Nodes[i];
            while (Candidate(graph, node) is { } producer && Join(graph, producer, node) is { } joined)
            {
                // Both nodes lie before the joined one's place now and are gone: look at it again.
                node = joined;
            }

            i = graph.IndexOf(node);
        }
    }

    private static Node? Candidate(Graph graph, Node node)
    {
        if (!CanJoin(node))
        {
            return null;
        }

        foreach (Value input in Consumer(node).Operands(node))
        {
            if (input.Producer is { } producer && input.Shape == node.Outputs[0].Shape && CanJoin(producer) && graph.IndexOf(producer) >= 0
                && input.Uses.All(u => u == node) && !graph.Outputs.Contains(input) && Formula(graph, producer, node) is not null)
            {
                return producer;
            }
        }

        return null;
    }

    private static ElementwiseOperator Consumer(Node node) => (ElementwiseOperator)node.Operator;

    private static bool CanJoin(Node node) => node.Operator is ElementwiseOperator { CanFuse: true } && node.Outputs.Count == 1
        && Consumer(node).Operands(node).Append(node.Outputs[0]).All(v => v.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Bool);

    private static Node? Join(Graph graph, Node producer, Node node)
    {
        (Expression expression, List<Value> operands) = Formula(graph, producer, node)!.Value;
        string label = $"{Consumer(producer).Label(producer)} + {Consumer(node).Label(node)}";
        Attributes attributes = new Attributes().Set("expression", expression.ToString()).Set("type", (long)node.Outputs[0].Type).Set("label", label);
        Node joined = graph.Insert(node, node.Name, "Fused", operands, attributes, domain: Fused.OwnDomain);
        graph.Replace(node.Outputs[0], joined.Outputs[0]);
        graph.Remove(node);
        graph.Remove(producer);
        return joined;
    }

    // The joined formula and its operands; null when they are better left apart.
    private static (Expression Expression, List<Value> Operands)? Formula(Graph graph, Node producer, Node node)
    {
        var operands = new List<Value>();
        int lets = 0;
        Expression inner = Named(producer, operands, null, ref lets), body;
        string result = $"v{lets++}";
        body = Named(node, operands, (producer.Outputs[0], result), ref lets);
        Expression joined = body.Count(result) > 1 || inner is LetExpression
            ? Let(inner, result, body)
            : body.Substitute(new Dictionary<string, Expression> { [result] = inner });
        if (operands.Count > MostOperands || joined.Size > LongestFormula || operands.All(o => o.Shape != node.Outputs[0].Shape))
        {
            return null;
        }

        bool vectors = HasVectorForm(joined, operands, node.Outputs[0].Type), before = HasVectorForm(producer) || HasVectorForm(node);
        return vectors || !before ? (joined, operands) : null;
    }

    // The node's formula with the operands' names in the joined list, and names of its lets that occur nowhere else.
    private static Expression Named(Node node, List<Value> operands, (Value Value, string Name)? known, ref int lets)
    {
        var names = new Dictionary<string, Expression>();
        int i = 0;
        foreach (Value value in Consumer(node).Operands(node))
        {
            string own = MapLowering.OperandName(i++);
            if (value == known?.Value)
            {
                names[own] = new NameExpression(known.Value.Name);
                continue;
            }

            if (!operands.Contains(value))
            {
                operands.Add(value);
            }

            names[own] = new NameExpression(MapLowering.OperandName(operands.IndexOf(value)));
        }

        return Renamed(ExpressionParser.Parse(Consumer(node).Expression(node)), names, ref lets);
    }

    private static Expression Renamed(Expression expression, Dictionary<string, Expression> names, ref int lets)
    {
        if (expression is not LetExpression let)
        {
            return expression.Substitute(names);
        }

        Expression value = let.Value.Substitute(names);
        string fresh = $"v{lets++}";
        var inside = new Dictionary<string, Expression>(names) { [let.Name] = new NameExpression(fresh) };
        return new LetExpression(fresh, value, Renamed(let.Body, inside, ref lets));
    }

    // let name = value in body, where value may itself begin with lets: those stay outermost.
    private static LetExpression Let(Expression value, string name, Expression body) =>
        value is LetExpression outer ? outer with { Body = Let(outer.Body, name, body) } : new LetExpression(name, value, body);

    private static bool HasVectorForm(Node node) => HasVectorForm(ExpressionParser.Parse(Consumer(node).Expression(node)), Consumer(node).Operands(node).ToList(), node.Outputs[0].Type);

    private static bool HasVectorForm(Expression expression, List<Value> operands, ElementType result)
    {
        var types = new Dictionary<string, string>();
        for (int i = 0; i < operands.Count; i++)
        {
            // Single constants become numbers of the computing type.
            types.Add(MapLowering.OperandName(i), operands[i].Constant is { Count: 1 } ? ElementKinds.Computed(operands[i].Type.Text()) : operands[i].Type.Text());
        }

        return VectorForm.ResultType(expression, types) is not null || MixedForm.Applies(expression, types, result.Text());
    }
}
