using System.Diagnostics;

namespace PruneCompiler.Tests.Cli;

/// <summary>prunec as a process of its own, as users call it.</summary>
internal static class Prunec
{
    /// <summary>Runs it; gives its exit code and what it wrote.</summary>
    public static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "prunec.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
