using System.Diagnostics;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Package;

/// <summary>The tool as its users get it: packed, installed from a folder, called by its name.</summary>
[Collection(PackageFeed.Collection)]
[Trait("Category", "Package")]
public sealed class ToolTests
{
    [Fact]
    public async Task The_tool_installs_and_runs_a_model()
    {
        using var folder = new TemporaryFolder();
        Dotnet.Run(Dotnet.Repository, "pack", "src/PruneCompiler.Cli", "-c", Dotnet.Configuration, "-o", folder.File("feed"), "-nologo");
        string package = Directory.GetFiles(folder.File("feed"), "PruneCompiler.Tool.*.nupkg").Single();
        // No other source, so that nothing but this package can be installed.
        File.WriteAllText(folder.File("nuget.config"), "<configuration><packageSources><clear /></packageSources></configuration>");
        string version = Path.GetFileNameWithoutExtension(package)["PruneCompiler.Tool.".Length..];
        Dotnet.Run(folder.FullPath, "tool", "install", "PruneCompiler.Tool", "--tool-path", folder.File("bin"), "--add-source", folder.File("feed"), "--version", version);

        string model = new OnnxBuilder().Input("x", 1, 4).Node("Relu", ["x"], ["y"]).Output("y").Save(folder.File("net.onnx"));
        var start = new ProcessStartInfo(folder.File("bin/prunec"), ["run", model, "--output-dir", folder.File("out")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, output + await errors);
        Assert.True(File.Exists(folder.File("out/y.npy")));
    }
}
