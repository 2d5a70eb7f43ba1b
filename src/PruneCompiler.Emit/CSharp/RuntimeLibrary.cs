using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace PruneCompiler.Emit;

/// <summary>The text of the runtime kernels, embedded in this assembly. A file names in its first line the others that it needs: <c>// needs: Simd, Epilogue</c>.</summary>
public static class RuntimeLibrary
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Files = new(Load);

    /// <summary>The runtime files that the plans need, by name (SparseRows), each with its text; sorted by name.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> FilesFor(IEnumerable<ModelPlan> plans)
    {
        var wanted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (ModelPlan plan in plans)
        {
            foreach (string name in Roots(plan))
            {
                Add(name, wanted);
            }
        }

        return wanted.Select(n => new KeyValuePair<string, string>(n, Files.Value[n])).ToList();
    }

    private static IEnumerable<string> Roots(ModelPlan plan)
    {
        if (plan.Weights.Bytes > 0)
        {
            yield return "WeightStore";
        }

        if (plan.ScratchBytes > 0)
        {
            yield return "ScratchMemory";
        }

        foreach (Step step in plan.Steps)
        {
            if (step.Body is CallBody call)
            {
                yield return call.Method.Substring(0, call.Method.IndexOf('.'));
            }
        }
    }

    private static void Add(string name, SortedSet<string> wanted)
    {
        if (!Files.Value.TryGetValue(name, out string? text))
        {
            throw new InvalidOperationException($"the runtime has no file {name}.cs");
        }

        if (!wanted.Add(name))
        {
            return;
        }

        const string Needs = "// needs:";
        string first = text.Substring(0, text.IndexOf('\n'));
        if (first.StartsWith(Needs, StringComparison.Ordinal))
        {
            foreach (string other in first.Substring(Needs.Length).Split([',', ' ', '\r'], StringSplitOptions.RemoveEmptyEntries))
            {
                Add(other, wanted);
            }
        }
    }

    private static IReadOnlyDictionary<string, string> Load()
    {
        Assembly assembly = typeof(RuntimeLibrary).Assembly;
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith("Runtime/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            files[Path.GetFileNameWithoutExtension(resource)] = reader.ReadToEnd();
        }

        return files;
    }
}
