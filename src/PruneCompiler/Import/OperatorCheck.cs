using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>Looks at every node before any is read, so that all missing operators are reported at once.</summary>
internal static class OperatorCheck
{
    private const int NamesShown = 5;

    /// <summary>Throws when the model uses operators that the compiler lacks.</summary>
    public static void Run(ImportContext context)
    {
        var missing = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var unsupported = new SortedDictionary<string, Diagnostic>(StringComparer.Ordinal);
        Visit(context.Model.Graph.Node);
        foreach (FunctionProto function in context.Model.Functions)
        {
            Visit(function.Node);
        }

        if (missing.Count > 0)
        {
            unsupported.Add("", Catalogue.MissingOperators(string.Join("; ", missing.Select(Text))));
        }

        if (unsupported.Count > 0)
        {
            throw new CompileException(unsupported.Values.ToList());
        }

        void Visit(IEnumerable<NodeProto> nodes)
        {
            foreach (NodeProto node in nodes)
            {
                string domain = OpsetImports.Domain(node.Domain);
                string name = domain.Length == 0 ? node.OpType : $"{domain}.{node.OpType}";
                if (!GraphReader.ReadsItself(domain, node.OpType) && OperatorRegistry.Find(domain, node.OpType) is null && context.Function(node) is null)
                {
                    if (WhyNot(domain, node.OpType) is { } why)
                    {
                        unsupported.TryAdd(name, Catalogue.UnsupportedType(NodeOrder.Title(node), $"{name}: {why}"));
                    }
                    else
                    {
                        missing.TryAdd(name, []);
                        missing[name].Add(NodeOrder.Title(node));
                    }
                }

                Visit(node.Attribute.SelectMany(NodeOrder.Subgraphs).SelectMany(g => g.Node));
            }
        }
    }

    private static string Text(KeyValuePair<string, List<string>> entry)
    {
        string names = string.Join(", ", entry.Value.Take(NamesShown).Select(n => $"'{n}'"));
        return $"{entry.Key} ({names}{(entry.Value.Count > NamesShown ? $" and {entry.Value.Count - NamesShown} more" : "")})";
    }

    // Operators that compiled tensors code cannot have, as opposed to those that are merely not there yet.
    private static string? WhyNot(string domain, string name) => (domain, name) switch
    {
        ("ai.onnx.preview.training", _) => "training operators cannot be compiled; export the model for inference",
        ("", "StringNormalizer" or "TfIdfVectorizer" or "StringConcat" or "StringSplit" or "RegexFullMatch") or ("ai.onnx.ml", "LabelEncoder" or "CategoryMapper" or "DictVectorizer" or "CastMap" or "ZipMap") =>
            "works on strings or maps; only tensors of numbers can be compiled. Do this step outside of the model",
        _ => null,
    };
}
