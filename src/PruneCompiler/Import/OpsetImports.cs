using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>Which version of each operator domain a model or function is written in.</summary>
internal sealed class OpsetImports
{
    /// <summary>Opsets before 7 have other broadcasting rules; operators are written for 7 and later.</summary>
    public const int OldestOpset = 7;

    private readonly Dictionary<string, int> versions = new(StringComparer.Ordinal);

    /// <summary>Version of ONNX's own operators; 1 when the model does not say.</summary>
    public int Default => Version("");

    /// <summary>"ai.onnx" is the long name of ONNX's own domain, which is empty.</summary>
    public static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    /// <summary>Reads the list of a model or function.</summary>
    public static OpsetImports Read(IEnumerable<OperatorSetIdProto> list)
    {
        var result = new OpsetImports();
        foreach (OperatorSetIdProto entry in list)
        {
            if (entry.Version is < 0 or > int.MaxValue)
            {
                throw new CompileException(Catalogue.Malformed(null, $"the operator set '{entry.Domain}' has the version {entry.Version}"));
            }

            result.versions[Domain(entry.Domain)] = (int)entry.Version;
        }

        return result;
    }

    /// <summary>Version of a domain; 1 when it is not imported.</summary>
    public int Version(string domain) => versions.GetValueOrDefault(Domain(domain), 1);

    /// <summary>Says what is unusual about the versions; the model is compiled all the same.</summary>
    public IEnumerable<Diagnostic> Check(bool ownOperatorsUsed)
    {
        if (!ownOperatorsUsed)
        {
            yield break;
        }

        if (Default < OldestOpset)
        {
            yield return Catalogue.OldOpset(Default, OldestOpset);
        }
        else if (Default > Operator.NewestOpset)
        {
            yield return Catalogue.NewOpset(Default, Operator.NewestOpset);
        }
    }
}
