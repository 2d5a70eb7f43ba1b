using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneCompiler.Emit;
using PruneCompiler.Tests.Generator;

namespace PruneCompiler.Tests.Emit;

/// <summary>Each runtime file says in its first line what others it needs; only those come with it into an app.</summary>
public class RuntimeLibraryTests
{
    public static TheoryData<string> Files =>
        [.. typeof(RuntimeLibrary).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("Runtime/", StringComparison.Ordinal)).Select(n => Path.GetFileNameWithoutExtension(n)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_runtime_file_compiles_with_nothing_but_what_it_says_it_needs(string file)
    {
        var plan = new ModelPlan { Steps = [new Step("Step", [], new CallBody(file + ".Run", []))] };
        IEnumerable<SyntaxTree> texts = RuntimeLibrary.FilesFor([plan]).Select(f => GeneratorHarness.Parse(RuntimeLibrary.Emit(f.Key, "Elsewhere")));

        Compilation compilation = GeneratorHarness.Project("Library").AddSyntaxTrees(texts);

        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
        Assert.True(compilation.GetSymbolsWithName(n => n == "PruneCompiler", SymbolFilter.Namespace).All(n => n.Locations.IsEmpty));
    }
}
