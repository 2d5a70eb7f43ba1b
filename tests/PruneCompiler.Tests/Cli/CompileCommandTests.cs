using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
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

    [Theory]
    [InlineData("half", "HalfModel")]
    [InlineData("transpose", "TransposeModel")]
    [InlineData("run", "RunModel")]
    [InlineData("digits", "Digits")]
    public void A_file_whose_name_has_a_meaning_in_the_generated_code_gets_another_class(string file, string name)
    {
        using var folder = new TemporaryFolder();
        string model = new OnnxBuilder().Input("x", 40, 30).Node("Transpose", ["x"], ["y"]).Output("y").Save(folder.File(file + ".onnx"));
        CompiledModel compiled = ModelCompiler.Compile(model, new CompileOptions());
        Assert.Equal(name, compiled.Plan.ClassName);
        using var net = GeneratedModel.Load(compiled);
        var x = new Tensor(ElementType.Float32, new Shape(40, 30));
        x.As<float>()[1] = 5;
        Assert.Equal(5, net.Run([x])[0].As<float>()[40]);

        PruneCompiler.Diagnostics.Diagnostic refused = Assert.Single(Assert.Throws<PruneCompiler.Diagnostics.CompileException>(() => ModelCompiler.Compile(model, new CompileOptions { ClassName = "Transpose" })).Diagnostics);
        Assert.Contains("ClassName=\"TransposeModel\"", refused.Message);
    }
}
