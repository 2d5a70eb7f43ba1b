using System.Runtime.CompilerServices;

namespace PruneCompiler.Tests.Golden;

/// <summary>Verify's convention in a few lines: NAME.verified.txt beside the test is what people have read; what differs is written as NAME.received.txt.</summary>
internal static class GoldenFile
{
    /// <summary>Asserts that a text is the verified one.</summary>
    public static void Verify(string text, string name, [CallerFilePath] string source = "")
    {
        string stem = Path.Combine(Path.GetDirectoryName(source)!, name), verified = stem + ".verified.txt", received = stem + ".received.txt";
        if (File.Exists(verified) && File.ReadAllText(verified).ReplaceLineEndings("\n") == text)
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text);
        Assert.Fail($"{name}: read {Path.GetFileName(received)}, and if it is right, let it replace {Path.GetFileName(verified)}.");
    }
}
