using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using PruneCompiler.Emit;

namespace PruneCompiler.Cli.InMemory;

/// <summary>Compiles the generated text of one plan with the oldest language version that consumers may have.</summary>
internal static class AssemblyBuilder
{
    private static readonly CSharpParseOptions ParseOptions = new(
        LanguageVersion.CSharp12, preprocessorSymbols: ["NET8_0_OR_GREATER", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER"]);

    // A text as long as this is worth several threads; below it, whoever compiles many models has them.
    private const int LongText = 100_000;

    private static readonly CSharpCompilationOptions CompilationOptions = new(
        OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, concurrentBuild: false, nullableContextOptions: NullableContextOptions.Annotations);

    // The kernels are the same for every model.
    private static readonly ConcurrentDictionary<string, SyntaxTree> RuntimeTrees = new(StringComparer.Ordinal);

    private static readonly Lazy<MetadataReference[]> References = new(() =>
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return platform.Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll"))
            .Select(p => (MetadataReference)MetadataReference.CreateFromFile(p))
            .ToArray();
    });

    /// <summary>The image of an assembly with the model's class, its kernels and its weights.</summary>
    public static byte[] Build(ModelPlan plan, byte[] weights, bool timed)
    {
        string text = ModelEmitter.Emit(plan, timed: timed);
        List<SyntaxTree> trees =
        [
            Parse(text, plan.ClassName + ".g.cs"),
            Parse(SpanAdapter.Emit(plan), "SpanAdapter.cs"),
        ];
        foreach ((string name, string kernel) in RuntimeLibrary.FilesFor([plan]))
        {
            trees.Add(RuntimeTrees.GetOrAdd(name, _ => Parse(kernel, name + ".cs")));
        }

        var compilation = CSharpCompilation.Create($"{plan.ClassName}.{Guid.NewGuid():N}", trees, References.Value, CompilationOptions.WithConcurrentBuild(text.Length >= LongText));
        var image = new MemoryStream();
        ResourceDescription[] resources = plan.Weights.Bytes > 0
            ? [new ResourceDescription(plan.Weights.Resource, () => new MemoryStream(weights, writable: false), isPublic: true)]
            : [];
        EmitResult result = compilation.Emit(image, manifestResources: resources);
        if (!result.Success)
        {
            IEnumerable<string> errors = result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(10).Select(d => d.ToString());
            throw new InvalidOperationException($"the generated code does not compile: {string.Join("; ", errors)}");
        }

        return image.ToArray();
    }

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, ParseOptions, path, System.Text.Encoding.UTF8);
}
