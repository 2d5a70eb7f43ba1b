using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using static PruneCompiler.Tests.Generator.GeneratorHarness;

namespace PruneCompiler.Tests.Generator;

/// <summary>The generator runs on every keystroke: it may only work when a plan changed.</summary>
public class CachingTests
{
    [Fact]
    public void The_same_plan_read_again_is_cached()
    {
        CSharpCompilation project = Project();
        AdditionalText before = File(SmallPlan());
        GeneratorDriver driver = Driver([before]).RunGenerators(project);

        driver = driver.ReplaceAdditionalText(before, File(SmallPlan())).RunGenerators(project);

        Assert.All(Reasons(driver, "Plans"), r => Assert.Equal(IncrementalStepRunReason.Unchanged, r));
        Assert.All(Reasons(driver, "Outcomes"), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        Assert.All(OutputReasons(driver), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void An_edit_of_the_users_code_leaves_everything_cached()
    {
        CSharpCompilation project = Project();
        GeneratorDriver driver = Driver([File(SmallPlan())]).RunGenerators(project);

        driver = driver.RunGenerators(project.AddSyntaxTrees(Parse("class Other { }")));

        Assert.All(Reasons(driver, "Outcomes"), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        Assert.NotEmpty(OutputReasons(driver));
        Assert.All(OutputReasons(driver), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void Another_plan_is_printed_again_and_the_runtime_stays_cached()
    {
        CSharpCompilation project = Project();
        AdditionalText before = File(SmallPlan());
        GeneratorDriver driver = Driver([before]).RunGenerators(project);

        driver = driver.ReplaceAdditionalText(before, File(SmallPlan(scratch: 128))).RunGenerators(project);

        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(driver, "Outcomes"));
        Assert.All(Reasons(driver, "Runtime"), r => Assert.NotEqual(IncrementalStepRunReason.Modified, r));
        Assert.Single(OutputReasons(driver), r => r == IncrementalStepRunReason.Modified);
        Assert.Contains("new(128)", driver.GetRunResult().GeneratedTrees.Single(t => t.FilePath.EndsWith("Digits.g.cs", StringComparison.Ordinal)).ToString());
    }

    [Fact]
    public void Another_plan_leaves_the_other_model_cached()
    {
        CSharpCompilation project = Project();
        AdditionalText before = File(SmallPlan());
        GeneratorDriver driver = Driver([before, File(SmallPlan("Words"))]).RunGenerators(project);

        driver = driver.ReplaceAdditionalText(before, File(SmallPlan(scratch: 128))).RunGenerators(project);

        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached], Reasons(driver, "Outcomes"));
        Assert.Single(OutputReasons(driver), r => r == IncrementalStepRunReason.Modified);
    }

    [Fact]
    public void Additional_files_that_the_targets_did_not_mark_are_ignored()
    {
        GeneratorDriver driver = Driver([File(SmallPlan(), "docs/launch.plan"), new TextFile("obj/notes.txt", "buy milk")]).RunGenerators(Project());

        Assert.Empty(Files(driver));
        Assert.Empty(driver.GetRunResult().Diagnostics);
    }
}
