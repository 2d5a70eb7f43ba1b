using Onnx;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Cases;

/// <summary>What a case is about.</summary>
/// <param name="Operator">The operator of its only node; null when it has several (expanded functions).</param>
/// <param name="Opset">Version of the operator's domain.</param>
/// <param name="Types">Element types of its inputs.</param>
internal sealed record CaseFacts(string? Operator, int Opset, IReadOnlyList<string> Types)
{
    /// <summary>Reads the model of a case.</summary>
    public static CaseFacts Read(string folder)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
        NodeProto[] nodes = [.. model.Graph.Node.Where(n => n.OpType != "Constant")];
        string domain = nodes.FirstOrDefault()?.Domain ?? "";
        string? name = nodes.Length == 1 ? (domain is "" or "ai.onnx" ? nodes[0].OpType : $"{domain} {nodes[0].OpType}") : null;
        int opset = (int)(model.OpsetImport.FirstOrDefault(o => o.Domain == domain || (o.Domain == "ai.onnx" && domain.Length == 0))?.Version ?? 0);
        IEnumerable<string> types = model.Graph.Input.Where(i => i.Type?.TensorType is not null).Select(i => ((ElementType)i.Type.TensorType.ElemType).Text());
        return new CaseFacts(name, opset, [.. types.Distinct()]);
    }
}
