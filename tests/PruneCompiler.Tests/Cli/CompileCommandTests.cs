using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneCompiler.Tests.Generator;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Cli;

public class CompileCommandTests
{
    [Fact]
    public void What_compile_writes_builds_without_a_warning()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("generated");
        string model = new OnnxBuilder().Input("x", 1, 8, 20, 20).Initializer("w", [16, 8, 3, 3], [.. Enumerable.Range(0, 16 * 8 * 9).Select(i => i % 5 == 0 ? (i % 7) - 3f : 0)])
            .Node("Conv", ["x", "w"], ["c"], ("pads", new[] { 1, 1, 1, 1 })).Node("Relu", ["c"], ["y"]).Output("y").Save(folder.File("net.onnx"));

        using Process process = Process.Start("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "prunec.dll"), "compile", model, "-o", output, "--class", "Net", "--namespace", "Models"]);
        process.WaitForExit();

        Assert.Equal(0, process.ExitCode);
        string[] files = Directory.GetFiles(output, "*.cs");
        Assert.Contains(files, f => Path.GetFileName(f) == "Net.g.cs");
        Compilation compilation = GeneratorHarness.Project("App").AddSyntaxTrees(files.Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(f), new CSharpParseOptions(LanguageVersion.CSharp12), path: f)));
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }
}
