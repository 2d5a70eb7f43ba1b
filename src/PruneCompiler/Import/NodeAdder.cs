using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>Adds nodes to the graph one by one: types inferred, constants folded, composite operators taken apart. Every failure names its node.</summary>
internal sealed class NodeAdder(Graph graph, ImportBudget budget)
{
    private const int MaximumDecompositions = 64;

    /// <summary>Appends a node and returns the values that its outputs became.</summary>
    /// <exception cref="CompileException">The operator cannot accept the node.</exception>
    public IReadOnlyList<Value> Add(Node node)
    {
        return Guard(node, () =>
        {
            node.Operator.InferTypes(node);
            CheckSize(node);
            graph.Nodes.Add(node);
            return Simplify(node, 0) ?? node.Outputs;
        });
    }

    /// <summary>Runs an operator's own code; whatever goes wrong becomes a diagnostic with the node's name.</summary>
    public static T Guard<T>(Node node, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (OperatorException e)
        {
            throw new CompileException(e.ToDiagnostic());
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new CompileException(Catalogue.TooLarge(node.Name, $"the sizes of {node.Operator.Name} ({Types(node)}) go beyond what can be compiled"));
        }
        catch (Exception e) when (e is not CompileException)
        {
            throw new CompileException(Catalogue.BadNode(node.Name, node.Operator.Name, $"inputs or attributes do not fit the operator ({Types(node)}): {e.Message}"));
        }
    }

    // Folds or decomposes the node, which is in the graph. Null when it stays as it is, else the values in place of its outputs.
    private IReadOnlyList<Value>? Simplify(Node node, int depth)
    {
        budget.AddNode(node);
        if (budget.MayFold && ConstantFolding.TryFold(node))
        {
            budget.AddFolded(node);
            graph.Remove(node);
            return node.Outputs;
        }

        int start = graph.IndexOf(node);
        if (node.Operator.Decompose(node, graph) is not { } replacements)
        {
            return null;
        }

        if (depth == MaximumDecompositions)
        {
            throw new OperatorException(node, "its decomposition does not end");
        }

        int end = graph.IndexOf(node);
        List<Node> inserted = graph.Nodes.GetRange(start, end - start);
        List<Value> results = [.. replacements];
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            graph.Replace(node.Outputs[i], results[i]);
        }

        graph.Remove(node);
        foreach (Node part in inserted)
        {
            CheckSize(part);
            if (Simplify(part, depth + 1) is not { } simpler)
            {
                continue;
            }

            for (int i = 0; i < simpler.Count; i++)
            {
                if (simpler[i] != part.Outputs[i])
                {
                    graph.Replace(part.Outputs[i], simpler[i]);
                    results = results.ConvertAll(r => r == part.Outputs[i] ? simpler[i] : r);
                }
            }
        }

        return results;
    }

    private static void CheckSize(Node node)
    {
        foreach (Value output in node.Outputs)
        {
            foreach (int dim in output.Shape.Dims)
            {
                if (dim < 0)
                {
                    throw new OperatorException(node, $"its result would have the shape {output.Shape}");
                }
            }

            if (output.Shape.Count > TensorReader.MaximumElements)
            {
                throw new CompileException(Catalogue.TooLarge(node.Name, $"{node.Operator.Name} makes {output.TensorType}, more than {TensorReader.MaximumElements} elements"));
            }
        }
    }

    private static string Types(Node node) => string.Join(", ", node.Inputs.Select(i => i is null ? "-" : i.TensorType.ToString()));
}
