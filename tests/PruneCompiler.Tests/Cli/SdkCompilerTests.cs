using PruneCompiler.Cli.InMemory;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Cli;

public class SdkCompilerTests
{
    [SkippableFact]
    public void The_compiler_of_the_running_SDK_is_found()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        Skip.IfNot(Directory.Exists(Path.Combine(runtime, "..", "..", "..", "sdk")));

        Assert.True(File.Exists(Path.Combine(SdkCompiler.Find(runtime)!, "Microsoft.CodeAnalysis.CSharp.dll")));
    }

    [Fact]
    public void No_SDK_an_older_one_and_a_broken_one_are_passed_over()
    {
        using var folder = new TemporaryFolder();
        string runtime = folder.File("root/shared/Microsoft.NETCore.App/10.0.0");
        Directory.CreateDirectory(runtime);
        Assert.Null(SdkCompiler.Find(runtime));

        string compiler = folder.File($"root/sdk/{Environment.Version.Major}.0.100/Roslyn/bincore");
        Directory.CreateDirectory(compiler);
        foreach (string name in new[] { "Microsoft.CodeAnalysis.dll", "Microsoft.CodeAnalysis.CSharp.dll" })
        {
            File.Copy(typeof(ModelCompiler).Assembly.Location, Path.Combine(compiler, name)); // version 0.1
        }

        Assert.Null(SdkCompiler.Find(runtime));

        File.WriteAllText(Path.Combine(compiler, "Microsoft.CodeAnalysis.CSharp.dll"), "no assembly");
        Assert.Null(SdkCompiler.Find(runtime));
    }

    [Fact]
    public void Prunec_has_a_compiler_of_its_own_for_machines_without_an_SDK() =>
        Assert.All(["Microsoft.CodeAnalysis.dll", "Microsoft.CodeAnalysis.CSharp.dll"], name => Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "roslyn", name))));
}
