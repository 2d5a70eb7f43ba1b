using PruneCompiler.IR;

namespace PruneCompiler.Optimize;

/// <summary>The passes that make the graph smaller and its kernels larger.</summary>
public static class Optimizer
{
    /// <summary>The passes in order, each with the reason for its place.</summary>
    private static readonly (string Name, Action<Graph> Run)[] Passes =
    [
        ("RemoveUnread", g => g.RemoveUnread()), // first: nothing should be fused with a node that nobody needs
    ];

    /// <summary>Runs all passes once.</summary>
    public static void Run(Graph graph)
    {
        foreach ((_, Action<Graph> run) in Passes)
        {
            run(graph);
        }
    }
}
