using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneCompiler.Emit;
using static PruneCompiler.Tests.Generator.GeneratorHarness;

namespace PruneCompiler.Tests.Generator;

public class PrunedModelGeneratorTests
{
    [Fact]
    public void A_plan_becomes_a_class_that_compiles_without_a_warning_beside_the_runtime_that_it_needs()
    {
        GeneratorDriver driver = Driver([File(SmallPlan())]).RunGeneratorsAndUpdateCompilation(Project(), out Compilation result, out _);

        Assert.Equal(["Digits.g.cs", "PruneCompiler.Runtime.ScratchMemory.g.cs", "PruneCompiler.Runtime.WeightStore.g.cs"], Files(driver));
        Assert.Empty(result.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
        Assert.NotNull(result.GetTypeByMetadataName("App.Models.Digits"));
    }

    [Fact]
    public void Two_models_share_one_copy_of_the_runtime()
    {
        GeneratorDriver driver = Driver([File(SmallPlan()), File(SmallPlan("Words"))]).RunGeneratorsAndUpdateCompilation(Project(), out Compilation result, out _);

        Assert.Equal(["Digits.g.cs", "PruneCompiler.Runtime.ScratchMemory.g.cs", "PruneCompiler.Runtime.WeightStore.g.cs", "Words.g.cs"], Files(driver));
        Assert.Empty(result.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void A_model_without_weights_and_scratch_memory_needs_no_runtime()
    {
        ModelPlan plan = SmallPlan(scratch: 0, weights: 0);
        GeneratorDriver driver = Driver([File(plan)]).RunGeneratorsAndUpdateCompilation(Project(), out Compilation result, out _);

        Assert.Equal(["Digits.g.cs"], Files(driver));
        Assert.Empty(result.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Classes_of_one_name_in_two_namespaces_get_files_of_their_own()
    {
        GeneratorDriver driver = Driver([File(SmallPlan(), "obj/a.plan"), File(SmallPlan(space: "App.Other"), "obj/b.plan")])
            .RunGeneratorsAndUpdateCompilation(Project(), out Compilation result, out _);

        Assert.Contains("App.Models.Digits.g.cs", Files(driver));
        Assert.Contains("App.Other.Digits.g.cs", Files(driver));
        Assert.Empty(result.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Two_models_of_one_class_are_an_error_at_both_and_the_first_still_compiles()
    {
        GeneratorDriver driver = Driver([File(SmallPlan(), "obj/b.plan"), File(SmallPlan(), "obj/a.plan")])
            .RunGeneratorsAndUpdateCompilation(Project(), out Compilation result, out ImmutableArray<Diagnostic> diagnostics);

        Assert.Equal(["PRUNE0101", "PRUNE0101"], diagnostics.Select(d => d.Id));
        Assert.Equal(["obj/a.plan", "obj/b.plan"], diagnostics.Select(d => d.Location.GetLineSpan().Path).Order(StringComparer.Ordinal));
        Assert.Contains("App.Models.Digits", diagnostics[0].GetMessage(null), StringComparison.Ordinal);
        Assert.NotNull(result.GetTypeByMetadataName("App.Models.Digits"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("prunecompiler-plan 999\n")]
    [InlineData("prunecompiler-plan 1\n")]
    public void A_file_that_is_no_plan_is_an_error_with_its_path(string text)
    {
        GeneratorDriver driver = Driver([new TextFile("obj/x.plan", text)]).RunGenerators(Project());

        Diagnostic diagnostic = Assert.Single(driver.GetRunResult().Diagnostics);
        Assert.Equal("PRUNE0100", diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal("obj/x.plan", diagnostic.Location.GetLineSpan().Path);
    }

    [Fact]
    public void Every_truncated_plan_is_an_error_or_a_class_but_never_a_crash()
    {
        string whole = PlanWriter.Write(SmallPlan() with { Steps = [new Step("Head", ["head: does it."], new CallBody("ScratchMemory.Run", [new CodeArgument("n", "1")]))] });
        CSharpCompilation project = Project();
        for (int length = 0; length < whole.Length; length++)
        {
            GeneratorRunResult result = Driver([new TextFile("obj/x.plan", whole[..length])]).RunGenerators(project).GetRunResult().Results.Single();
            Assert.Null(result.Exception);
            Assert.True(result.GeneratedSources.Length > 0 ^ result.Diagnostics.Length > 0);
        }
    }

    [Fact]
    public void The_line_of_the_damage_is_the_line_of_the_error()
    {
        string text = PlanWriter.Write(SmallPlan()).Replace("scratch 64", "scratch many", StringComparison.Ordinal);
        Diagnostic diagnostic = Assert.Single(Driver([new TextFile("obj/x.plan", text)]).RunGenerators(Project()).GetRunResult().Diagnostics);

        int line = Array.FindIndex(text.Split('\n'), l => l.StartsWith("scratch", StringComparison.Ordinal));
        Assert.Equal(line, diagnostic.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void A_kernel_that_the_runtime_lacks_is_an_error()
    {
        ModelPlan plan = SmallPlan() with { Steps = [new Step("Head", ["head."], new CallBody("NoSuchKernel.Run", []))] };
        Diagnostic diagnostic = Assert.Single(Driver([File(plan)]).RunGenerators(Project()).GetRunResult().Diagnostics);

        Assert.Equal("PRUNE0100", diagnostic.Id);
        Assert.Contains("NoSuchKernel", diagnostic.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void Unsafe_code_switched_off_is_one_clear_error()
    {
        Diagnostic diagnostic = Assert.Single(Driver([File(SmallPlan())]).RunGenerators(Project(allowUnsafe: false)).GetRunResult().Diagnostics);

        Assert.Equal("PRUNE0102", diagnostic.Id);
        Assert.Contains("<AllowUnsafeBlocks>true</AllowUnsafeBlocks>", diagnostic.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_language_before_12_is_one_clear_error()
    {
        GeneratorDriver driver = Driver([File(SmallPlan())], LanguageVersion.CSharp11).RunGenerators(Project(language: LanguageVersion.CSharp11));

        Assert.Equal("PRUNE0103", Assert.Single(driver.GetRunResult().Diagnostics).Id);
    }

    [Fact]
    public void An_app_and_its_test_project_may_both_hold_models_and_share_internals()
    {
        CSharpCompilation app = Project("My.App").AddSyntaxTrees(Parse("[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"My.App.Tests\")]"));
        Driver([File(SmallPlan())]).RunGeneratorsAndUpdateCompilation(app, out Compilation appResult, out _);
        using var image = new MemoryStream();
        Assert.True(appResult.Emit(image).Success);

        CSharpCompilation tests = Project("My.App.Tests", more: MetadataReference.CreateFromImage(image.ToArray()));
        Driver([File(SmallPlan("Words", "My.App.Tests"))]).RunGeneratorsAndUpdateCompilation(tests, out Compilation result, out _);

        Assert.Empty(result.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
        Assert.NotNull(result.GetTypeByMetadataName("App.Models.Digits"));
    }
}
