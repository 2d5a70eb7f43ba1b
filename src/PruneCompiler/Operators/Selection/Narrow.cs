using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Some slices of one axis, in ascending order: what pruning leaves of a value that is computed completely.</summary>
/// <remarks>The compiler's own operator. X is [..., n, ...]; attributes axis and slices (m indices below n); Y is [..., m, ...].</remarks>
public sealed class Narrow : Operator
{
    /// <summary>Domain of the operators that only the compiler makes.</summary>
    public const string OwnDomain = "prunecompiler";

    /// <inheritdoc/>
    public override string Name => "Narrow";

    /// <inheritdoc/>
    public override string Domain => OwnDomain;

    /// <summary>Adds such a node at the end of the graph.</summary>
    public static Value Add(Graph graph, Value x, int axis, int[] slices) =>
        graph.Insert(null, x.Name + " narrowed", "Narrow", [x], new Attributes().Set("axis", axis).Set("slices", slices), domain: OwnDomain).Outputs[0];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        [new TensorType(node.Input(0).Type, node.Input(0).Shape.With((int)node.Attributes.Int("axis"), node.Attributes.Ints("slices")!.Length))];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) =>
        [TensorSlices.Take(inputs[0]!, (int)node.Attributes.Int("axis"), Slices(node))];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        int axis = (int)node.Attributes.Int("axis");
        int[] slices = Slices(node);
        Storage from = lowering.Read(node.Input(0));
        IReadOnlyList<Run> runs = Run.Of(slices);
        if (runs.Count == 1)
        {
            lowering.Alias(node, node.Outputs[0], runs[0].In(from, axis));
            return;
        }

        lowering.CopySlices(node, "moved together, slices", axis, from, slices, lowering.Write(node.Outputs[0]), Grid.Range(slices.Length));
    }

    private static int[] Slices(Node node) => Array.ConvertAll(node.Attributes.Ints("slices")!, s => (int)s);
}
