using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What a layer that multiplies by weights amounts to when it runs densely.</summary>
/// <param name="Macs">Multiply-adds; padding counts as pixels.</param>
/// <param name="Weights">Weights, without bias.</param>
/// <param name="Channels">Output channels.</param>
public sealed record LayerSize(long Macs, long Weights, int Channels)
{
    /// <summary>The number of weights in a value: its elements if it is a constant, none if it is computed.</summary>
    public static long WeightsOf(Value value) => value.Constant?.Shape.Count ?? 0;
}
