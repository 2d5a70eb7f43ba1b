using System.Diagnostics.CodeAnalysis;

namespace PruneCompiler.Tests.Testing;

/// <summary>Material that is kept beside the repository and not in it: official ONNX cases, networks made by others. Tests that need it are skipped without it.</summary>
internal static class SharedFolder
{
    /// <summary>ONNX's operator cases, or null.</summary>
    public static string? OnnxCases { get; } = Find("onnx-tests/node");

    /// <summary>Networks made by others, or null.</summary>
    public static string? RealModels { get; } = Find("models/real");

    /// <summary>Skips the test when the folder is not there.</summary>
    public static void Require([NotNull] string? folder, string what) => Skip.If(folder is null, $"skipped: no {what}");

    // shared/ lies beside the repository's own folder.
    private static string? Find(string path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", path);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
