using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>A model file as a graph with static shapes, and where it came from.</summary>
/// <param name="Graph">The computation.</param>
/// <param name="FileName">File name without folder.</param>
/// <param name="Sha256">Hash of the model file in hex.</param>
/// <param name="Opset">Version of ONNX's own operator set.</param>
/// <param name="Producer">Name and version of the tool that wrote it, or empty.</param>
/// <param name="Diagnostics">Infos and warnings of the import.</param>
public sealed record ImportedModel(Graph Graph, string FileName, string Sha256, int Opset, string Producer, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Files that were read beside the model (external data).</summary>
    public IReadOnlyCollection<string> ExternalFiles { get; init; } = [];
}
