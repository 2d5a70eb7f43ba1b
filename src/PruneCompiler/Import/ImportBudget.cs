using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>
/// What one model may cost. A small file can ask for a lot: functions that call functions that call functions, constants made of constants.
/// </summary>
internal sealed class ImportBudget
{
    private const int MaximumNodes = 200_000;
    private const long MaximumFolded = 4 * ConstantFolding.MaximumElements;

    private int nodes;
    private long folded;

    /// <summary>False when folding has already made as many constants as it may.</summary>
    public bool MayFold => folded <= MaximumFolded;

    /// <summary>Counts a node.</summary>
    public void AddNode(Node node)
    {
        if (++nodes > MaximumNodes)
        {
            throw new CompileException(Catalogue.TooLarge(node.Name, $"more than {MaximumNodes} nodes"));
        }
    }

    /// <summary>Counts the constants that a node became.</summary>
    public void AddFolded(Node node) => folded += node.Outputs.Sum(o => o.Shape.Count);
}
