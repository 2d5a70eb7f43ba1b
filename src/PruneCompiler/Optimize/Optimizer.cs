using PruneCompiler.IR;
using PruneCompiler.Optimize.Integers;

namespace PruneCompiler.Optimize;

/// <summary>The passes that make the graph smaller and its kernels larger.</summary>
public static class Optimizer
{
    /// <summary>The passes in order, each with the reason for its place.</summary>
    private static (string Name, Action<Graph> Run)[] Passes(CompileOptions options) =>
    [
        ("RemoveUnread", g => g.RemoveUnread()), // first: nothing should be fused with a node that nobody needs
        ("RecogniseIntegerProducts", RecogniseIntegerProducts.Run), // before anything is fused with, or folded into, the parts of quantised layers
        ("RecogniseDynamicProducts", RecogniseDynamicProducts.Run), // after those whose zero point is constant
        ("RecogniseIntegerFunctions", RecogniseIntegerFunctions.Run), // the same; the order of the two does not matter
        ("MoveFlips", MoveFlips.Run), // the two before it put changes of sign around each layer, which meet between layers
        ("TabulateBytes", TabulateBytes.Run), // after the products and functions, whose parts are chains of this kind too
        ("RemoveNeutral", g => RemoveNeutral.Run(g)), // nodes that do nothing stand between those that fuse
        ("MergeMovement", MergeMovement.Run), // after the neutral ones, which stand between transposes that undo each other
        ("FoldPad", FoldPad.Run), // before the means, whose Pad of nothing it removes; before batch normalisation, which folds into a convolution behind it only if that has no padding
        ("RecogniseNormalization", RecogniseNormalization.Run), // before the means, two of which it takes up
        ("RecogniseSpatialMean", RecogniseSpatialMean.Run),
        ("FoldBatchNormalization", FoldBatchNormalization.Run),
        ("FoldChannelConstants", FoldChannelConstants.Run), // before residuals: a bias is an Add too, and a layer with a residual is closed
        ("FactorLowRank", g => FactorLowRank.Run(g, options)), // after what changes weights and bias, before what the second of the two layers takes up
        ("AbsorbWiden", AbsorbWiden.Run), // before residuals, which a layer adds to what it writes itself
        ("FuseResidual", FuseResidual.Run), // before activations, which come after the sum
        ("FuseActivation", FuseActivation.Run),
        ("AbsorbWidenBehindActivation", AbsorbWiden.Run), // once more, for layers whose activation was in the way
        ("RewriteConvTranspose", RewriteConvTranspose.Run), // after everything that a transposed convolution takes over
        ("FuseElementwise", FuseElementwise.Run), // last: what a layer's own epilogue takes up is cheaper there
    ];

    /// <summary>Runs all passes once.</summary>
    /// <param name="graph">Is edited.</param>
    /// <param name="options">What kernels cost, for passes that choose by it; null for the defaults.</param>
    public static void Run(Graph graph, CompileOptions? options = null)
    {
        foreach ((_, Action<Graph> run) in Passes(options ?? new CompileOptions()))
        {
            run(graph);
        }
    }
}
