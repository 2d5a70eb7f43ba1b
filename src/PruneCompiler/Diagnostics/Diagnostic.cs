namespace PruneCompiler.Diagnostics;

/// <summary>How serious a diagnostic is.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>The result is right, but probably not what the user wants.</summary>
    Warning,

    /// <summary>No code is generated.</summary>
    Error,
}

/// <summary>One message to the user.</summary>
/// <param name="Id">PRUNE and four digits, from <see cref="Catalogue"/>.</param>
/// <param name="Severity">Severity.</param>
/// <param name="Node">The node that it is about, or null for the whole model.</param>
/// <param name="Message">What is wrong and the way out.</param>
public sealed record Diagnostic(string Id, Severity Severity, string? Node, string Message)
{
    /// <summary>Graph inputs that would have to be known at compile time, when that is the reason.</summary>
    public IReadOnlyList<string> NeededInputs { get; init; } = [];

    /// <summary>MSBuild's form: digits.onnx(node name): error PRUNE0012: message.</summary>
    public string Format(string modelFile)
    {
        string where = Node is null ? modelFile : $"{modelFile}({Node})";
        string severity = Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "info" };
        return $"{where}: {severity} {Id}: {Message.ReplaceLineEndings(" ")}";
    }
}

/// <summary>Compilation ended with at least one error.</summary>
public sealed class CompileException(IReadOnlyList<Diagnostic> diagnostics)
    : Exception(string.Join(Environment.NewLine, diagnostics.Select(d => $"{d.Id}: {d.Message}")))
{
    /// <summary>One error.</summary>
    public CompileException(Diagnostic diagnostic)
        : this([diagnostic])
    {
    }

    /// <summary>All diagnostics, errors and others, in the order in which they were found.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}
