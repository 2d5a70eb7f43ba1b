using Onnx;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Import;

/// <summary>What one import shares: the model, the options, what has been said so far.</summary>
internal sealed class ImportContext
{
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> functions = [];

    public ImportContext(ModelProto model, string modelFolder, CompileOptions options)
    {
        Model = model;
        Options = options;
        Tensors = new TensorReader(modelFolder);
        Opsets = OpsetImports.Read(model.OpsetImport);
        foreach (FunctionProto function in model.Functions)
        {
            if (!functions.TryAdd((OpsetImports.Domain(function.Domain), function.Name, function.Overload), function))
            {
                throw new CompileException(Catalogue.Malformed(null, $"the function '{function.Domain}.{function.Name}' is defined twice"));
            }
        }
    }

    public ModelProto Model { get; }

    public CompileOptions Options { get; }

    public TensorReader Tensors { get; }

    public OpsetImports Opsets { get; }

    public ImportBudget Budget { get; } = new();

    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>The function that a node calls, or null.</summary>
    public FunctionProto? Function(NodeProto node) => functions.GetValueOrDefault((OpsetImports.Domain(node.Domain), node.OpType, node.Overload));
}
