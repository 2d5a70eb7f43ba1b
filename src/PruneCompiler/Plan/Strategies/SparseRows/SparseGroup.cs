namespace PruneCompiler.Plan.Strategies.SparseRows;

/// <summary>Output channels that share a list of taps: one channel for unstructured sparsity, 2, 4 or 8 for blocks.</summary>
/// <param name="Channels">The output channels: 1, 2, 4 or 8 of them.</param>
/// <param name="Offsets">[taps] tap offsets, in elements.</param>
/// <param name="Weights">[taps][channels].</param>
/// <param name="Blocks">[taps] the block that each tap belongs to (see <see cref="SparsePacker"/>).</param>
public sealed record SparseGroup(int[] Channels, int[] Offsets, float[] Weights, int[] Blocks);
