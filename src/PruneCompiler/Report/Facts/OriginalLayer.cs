using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Report;

/// <summary>A layer of the model as it came, and which of its channels are left.</summary>
public sealed class OriginalLayer
{
    private readonly Lazy<StructureFacts> structure;

    internal OriginalLayer(Node node, LayerSize size, string title)
    {
        Name = node.Name;
        Operator = title;
        Size = size;
        Input = node.InputOrNull(0) is { Constant: null } x ? x : node.InputOrNull(1);
        Output = node.Outputs[0];
        InputShape = Input?.Shape ?? Shape.Scalar;
        OutputShape = Output.Shape;
        IsConvolution = node.Operator is Conv or ConvTranspose;
        Groups = IsConvolution ? (int)node.Attributes.Int("group", 1) : 1;
        Weights = [.. WeightMatrix.ValuesOf(node).Where(v => v.Shape.Count > 0).Select(v => Read(node.Operator, node.Attributes, node.InputOrNull(1) == v, v.Constant!))];
        structure = new(() => StructureOf(Weights, Groups));
    }

    /// <summary>Name of the node.</summary>
    public string Name { get; }

    /// <summary>Operator with its kernel, for people.</summary>
    public string Operator { get; }

    /// <summary>Multiply-adds, weights and channels.</summary>
    public LayerSize Size { get; }

    /// <summary>Shape of the activation that goes in.</summary>
    public Shape InputShape { get; }

    /// <summary>Shape of the activation that comes out.</summary>
    public Shape OutputShape { get; }

    /// <summary>True for layers with kernels over pixels.</summary>
    public bool IsConvolution { get; }

    /// <summary>Groups of a convolution.</summary>
    public int Groups { get; }

    /// <summary>Input channels.</summary>
    public int InputChannels => InputShape.Rank == 0 ? 0 : InputShape[IsConvolution && InputShape.Rank > 1 ? 1 : -1];

    /// <summary>The weights, in the layer's own order; read when first asked for.</summary>
    public IReadOnlyList<Lazy<WeightMatrix>> Weights { get; }

    /// <summary>What is in the weights; looked for when first asked for.</summary>
    public StructureFacts Structure => structure.Value;

    /// <summary>Output channels that are still computed; null for all of them.</summary>
    public int[]? KeptOutputs { get; internal set; }

    /// <summary>Input channels that are still read; null for all of them.</summary>
    public int[]? KeptInputs { get; internal set; }

    internal Value? Input { get; }

    internal Value Output { get; }

    // The node itself must not be kept: passes take it apart.
    private static Lazy<WeightMatrix> Read(Operators.Operator definition, Attributes attributes, bool second, Tensor content) =>
        new(() => WeightMatrix.Of(definition, attributes, second, content));

    private static StructureFacts StructureOf(IReadOnlyList<Lazy<WeightMatrix>> weights, int groups) =>
        weights.Count == 0 ? new StructureFacts() : weights.Select(w => StructureFinder.Find(w.Value, groups)).Aggregate(StructureFacts.Join);
}
