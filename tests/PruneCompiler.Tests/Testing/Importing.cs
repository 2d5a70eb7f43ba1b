using PruneCompiler.Diagnostics;
using PruneCompiler.Import;

namespace PruneCompiler.Tests.Testing;

/// <summary>Short ways to import models that are made in code.</summary>
internal static class Importing
{
    /// <summary>Imports the model through a file.</summary>
    public static ImportedModel Import(this OnnxBuilder builder, CompileOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        return OnnxImporter.Load(builder.Save(folder.File("model.onnx")), options ?? new CompileOptions());
    }

    /// <summary>Imports a model that must be refused, and gives the errors.</summary>
    public static IReadOnlyList<Diagnostic> ImportErrors(this OnnxBuilder builder, CompileOptions? options = null)
    {
        CompileException e = Assert.Throws<CompileException>(() => builder.Import(options));
        return e.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
    }
}
