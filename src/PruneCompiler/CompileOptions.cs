using PruneCompiler.Plan.Cost;

namespace PruneCompiler;

/// <summary>What a user can say about a compilation.</summary>
public sealed record CompileOptions
{
    /// <summary>Namespace of the generated class; empty for none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Name of the generated class; null to take it from the file name.</summary>
    public string? ClassName { get; init; }

    /// <summary>Sizes of symbolic dimensions by name.</summary>
    public IReadOnlyDictionary<string, int> Dimensions { get; init; } = new Dictionary<string, int>();

    /// <summary>Inputs that become compile-time constants, by name (parameters such as a target shape).</summary>
    public IReadOnlyDictionary<string, IR.Tensor> BoundInputs { get; init; } = new Dictionary<string, IR.Tensor>();

    /// <summary>Weights of at most this share of their layer's largest magnitude count as zero. 0: exact zeros only.</summary>
    public float ZeroTolerance { get; init; }

    /// <summary>False leaves dead channels in (for tests and comparisons).</summary>
    public bool Prune { get; init; } = true;

    /// <summary>False leaves out fusion (for tests and comparisons).</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>True runs every layer with its dense strategy (for comparisons).</summary>
    public bool DenseOnly { get; init; }

    /// <summary>False runs layer after layer, never bands of rows through several layers (for tests and comparisons).</summary>
    public bool DepthFirst { get; init; } = true;

    /// <summary>True runs every chain of layers in bands of rows and lets threads share every step that can be divided, however little it gains (for tests).</summary>
    public bool ScheduleAll { get; init; }

    /// <summary>Strategies, as plans name them, that are not to be used (for comparisons); the last one of a layer stays. "low rank" leaves weights of low rank as they are stored.</summary>
    public IReadOnlyCollection<string> Without { get; init; } = [];

    /// <summary>The kind of processor that strategies are chosen for. The code runs on every other kind as well.</summary>
    public CostTarget Target { get; init; } = CostTargets.Portable;

    /// <summary>Logical name of the weights resource; null for the default, "PruneCompiler.CLASS.weights".</summary>
    public string? WeightsResource { get; init; }
}
