using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Generator;

/// <summary>Turns plans (additional files that the package's targets mark) into C#. A pure function from text to text: all decisions are in the plan.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class PrunedModelGenerator : IIncrementalGenerator
{
    /// <summary>Metadata of an additional file that says that it is a plan.</summary>
    public const string Mark = "build_metadata.AdditionalFiles.PrunedModelPlan";

    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<ProjectFacts> project = context.CompilationProvider
            .Select((compilation, _) => ProjectFacts.Of(compilation)).WithTrackingName("Project");

        IncrementalValuesProvider<PlanFile> plans = context.AdditionalTextsProvider
            .Where(file => file.Path.EndsWith(".plan", StringComparison.OrdinalIgnoreCase))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Where(pair => IsMarked(pair.Right.GetOptions(pair.Left)))
            .Select((pair, cancel) => new PlanFile(pair.Left.Path, pair.Left.GetText(cancel)?.ToString() ?? "")).WithTrackingName("Plans");

        IncrementalValuesProvider<Outcome> outcomes = plans.Combine(project)
            .Select((pair, _) => PlanPrinter.Print(pair.Left, pair.Right)).WithTrackingName("Outcomes");

        context.RegisterSourceOutput(
            outcomes.Where(o => o.Problem is not null).Select((o, _) => o.Problem!),
            (output, problem) => output.ReportDiagnostic(problem.ToDiagnostic()));

        IncrementalValuesProvider<EmittedModel> models = outcomes.Where(o => o.Model is not null).Select((o, _) => o.Model!);
        IncrementalValueProvider<EquatableArray<ModelName>> names = models
            .Select((model, _) => model.Name).Collect().Select((all, _) => new EquatableArray<ModelName>(all)).WithTrackingName("Names");
        context.RegisterSourceOutput(models.Combine(names), (output, pair) => AddModel(output, pair.Left, pair.Right));

        // Kernels are shared by all models of the project: each file once, whoever needs it.
        IncrementalValuesProvider<string> runtime = models
            .Select((model, _) => model.Runtime).Collect()
            .SelectMany((all, _) => all.SelectMany(files => files).Distinct(StringComparer.Ordinal).OrderBy(file => file, StringComparer.Ordinal)).WithTrackingName("Runtime");
        context.RegisterSourceOutput(
            runtime.Combine(project),
            (output, pair) => output.AddSource($"PruneCompiler.Runtime.{pair.Left}.g.cs", Text(RuntimeLibrary.Emit(pair.Left, pair.Right.RuntimeNamespace))));
    }

    private static bool IsMarked(AnalyzerConfigOptions options) =>
        options.TryGetValue(Mark, out string? value) && value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static void AddModel(SourceProductionContext output, EmittedModel model, IReadOnlyList<ModelName> all)
    {
        ModelName name = model.Name;

        // Hint names are file names: their case does not count.
        List<ModelName> sameClass = all.Where(n => string.Equals(n.ClassName, name.ClassName, StringComparison.OrdinalIgnoreCase)).ToList();
        List<ModelName> same = sameClass.Where(n => string.Equals(n.FullName, name.FullName, StringComparison.OrdinalIgnoreCase)).ToList();
        if (same.Count > 1)
        {
            // Every one of them is told; the first in order is still emitted, so that no other errors hide this one.
            output.ReportDiagnostic(new Problem(EmitCatalogue.DuplicateClass, name.FullName, name.Path, 1).ToDiagnostic());
            if (name.Path != same.Min(n => n.Path))
            {
                return;
            }
        }

        output.AddSource($"{(sameClass.Count > same.Count ? name.FullName : name.ClassName)}.g.cs", Text(model.Source));
    }

    private static SourceText Text(string text) => SourceText.From(text, Utf8);
}
