using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Generator;

// The values that travel through the pipeline: plain data with structural equality, no symbols, no compilations.

/// <summary>A plan as it lies on disk.</summary>
internal sealed record PlanFile(string Path, string Text);

/// <summary>What the generator has to know of the project.</summary>
/// <param name="RuntimeNamespace">Namespace of the emitted kernels.</param>
/// <param name="AllowsUnsafe">True where pointers compile.</param>
/// <param name="HasCSharp12">True where the language has what the emitted code uses.</param>
internal sealed record ProjectFacts(string RuntimeNamespace, bool AllowsUnsafe, bool HasCSharp12)
{
    public static ProjectFacts Of(Compilation compilation) => new(
        RuntimeLibrary.NamespaceFor(compilation.AssemblyName ?? ""),
        compilation.Options is CSharpCompilationOptions { AllowUnsafe: true },
        compilation is CSharpCompilation { LanguageVersion: >= LanguageVersion.CSharp12 });
}

/// <summary>What names a model, whatever is in it.</summary>
internal sealed record ModelName(string Path, string Namespace, string ClassName)
{
    public string FullName => Namespace.Length == 0 ? ClassName : Namespace + "." + ClassName;
}

/// <summary>A printed class and the runtime files that it calls.</summary>
internal sealed record EmittedModel(ModelName Name, string Source, EquatableArray<string> Runtime);

/// <summary>A diagnostic before Roslyn sees it.</summary>
internal sealed record Problem(EmitDiagnostic Kind, string Argument, string Path, int Line)
{
    public Diagnostic ToDiagnostic()
    {
        var descriptor = new DiagnosticDescriptor(Kind.Id, Kind.Title, Kind.Message, "PruneCompiler", DiagnosticSeverity.Error, isEnabledByDefault: true);
        var start = new LinePosition(Math.Max(0, Line - 1), 0);
        return Diagnostic.Create(descriptor, Location.Create(Path, default, new LinePositionSpan(start, start)), Argument);
    }
}

/// <summary>One plan, read: a class or the reason why there is none.</summary>
internal sealed record Outcome(EmittedModel? Model, Problem? Problem);
