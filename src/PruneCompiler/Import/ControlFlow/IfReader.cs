using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>If with a condition that is known becomes the nodes of its branch; any other becomes a node with two graphs.</summary>
internal static class IfReader
{
    public static IReadOnlyList<Value> Read(GraphReader reader, NodeProto proto, string title, Body body)
    {
        GraphProto then = GraphReader.Subgraph(proto, "then_branch", title, body), otherwise = GraphReader.Subgraph(proto, "else_branch", title, body);
        Value condition = reader.Find(proto.Input.FirstOrDefault() ?? "", title, body);
        if (condition.Type != ElementType.Bool || condition.Shape.Count != 1)
        {
            throw new CompileException(Catalogue.BadNode(title, "If", $"the condition must be one bool, not {condition.TensorType}"));
        }

        if (condition.Constant is { } known)
        {
            return SubgraphReader.Inline(reader, known.Bytes[0] != 0 ? then : otherwise, body, title + "/", []);
        }

        Graph first, second;
        try
        {
            first = SubgraphReader.Separate(reader, then, body, title + "/then/", []);
            second = SubgraphReader.Separate(reader, otherwise, body, title + "/else/", []);
        }
        catch (CompileException e)
        {
            // The branch that fails may be the one that is never taken.
            IReadOnlyList<string> needed = OperatorException.Sources(condition);
            throw new CompileException(e.Diagnostics.Select(d => d with { NeededInputs = [.. d.NeededInputs.Union(needed)] }).ToList());
        }

        List<Value> captures = SubgraphReader.Capture(first, second);
        var attributes = new Attributes().Set("then_branch", first).Set("else_branch", second);
        return reader.Add("If", title, [condition, .. captures], proto.Output, attributes, body);
    }
}
