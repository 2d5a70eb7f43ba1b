extern alias generator;

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using PruneCompiler.Emit;
using PrunedModelGenerator = generator::PruneCompiler.Generator.PrunedModelGenerator;

namespace PruneCompiler.Tests.Generator;

/// <summary>Runs the generator as the compiler would, step tracking on.</summary>
internal static class GeneratorHarness
{
    private static readonly MetadataReference[] BaseLibrary =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal)).Select(p => MetadataReference.CreateFromFile(p))];

    public static CSharpCompilation Project(string assembly = "App", bool allowUnsafe = true, LanguageVersion language = LanguageVersion.CSharp12, params MetadataReference[] more) =>
        CSharpCompilation.Create(
            assembly,
            [Parse("class Program { }", language)],
            [.. BaseLibrary, .. more],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: allowUnsafe, nullableContextOptions: NullableContextOptions.Enable));

    public static SyntaxTree Parse(string text, LanguageVersion language = LanguageVersion.CSharp12) =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(language));

    public static GeneratorDriver Driver(IEnumerable<AdditionalText> files, LanguageVersion language = LanguageVersion.CSharp12) =>
        CSharpGeneratorDriver.Create(
            [new PrunedModelGenerator().AsSourceGenerator()],
            files,
            new CSharpParseOptions(language),
            new MarkPlans(),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>A plan that computes nothing, but has ports, weights and scratch memory.</summary>
    public static ModelPlan SmallPlan(string className = "Digits", string space = "App.Models", long scratch = 64, long weights = 128) => new()
    {
        Model = new ModelInfo("digits.onnx", "00", 17, "tests", "0.0.0", 0),
        ClassName = className,
        Namespace = space,
        Inputs = [new Port("image", "image", "float32", [1, 4])],
        Outputs = [new Port("logits", "logits", "float32", [1, 2])],
        ScratchBytes = scratch,
        Weights = new WeightsInfo($"{space}.{className}.weights", weights, 64),
        Buffers = [new BufferPlan("imageAt", "float32", BufferKind.Input, 0, 4), new BufferPlan("logitsAt", "float32", BufferKind.Output, 0, 2)],
    };

    public static AdditionalText File(ModelPlan plan, string? path = null) => new TextFile(path ?? $"obj/{plan.ClassName}.plan", PlanWriter.Write(plan));

    /// <summary>Why each value of a tracked step is what it is, in order.</summary>
    public static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorDriver driver, string step) =>
        driver.GetRunResult().Results.Single().TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason);

    /// <summary>Why each source output is what it is.</summary>
    public static IEnumerable<IncrementalStepRunReason> OutputReasons(GeneratorDriver driver) =>
        driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).Select(o => o.Reason);

    public static string[] Files(GeneratorDriver driver) => [.. driver.GetRunResult().Results.Single().GeneratedSources.Select(s => s.HintName).Order(StringComparer.Ordinal)];

    /// <summary>An additional file in memory.</summary>
    internal sealed class TextFile(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    // What the targets say through item metadata: files in obj are plans of ours.
    private sealed class MarkPlans : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(false);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Options(textFile.Path.StartsWith("obj/", StringComparison.Ordinal));

        private sealed class Options(bool marked) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = marked && key == PrunedModelGenerator.Mark ? "true" : null;
                return value is not null;
            }
        }
    }
}
