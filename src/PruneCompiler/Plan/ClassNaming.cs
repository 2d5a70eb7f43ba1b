using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>What the generated class may be called.</summary>
internal static class ClassNaming
{
    /// <summary>Members that every generated class may have.</summary>
    public static readonly string[] Members = ["Run", "Steps", "Dispose", "Weights", "RequireLength", "DenseMultiplyAdds", "MultiplyAdds", "DenseWeightBytes", "WeightBytes"];

    // Types of the base library that the generated file calls by their short names; a class of the same name would hide them.
    private static readonly string[] Called =
    [
        "System", "IDisposable", "Span", "ReadOnlySpan", "Half", "Math", "MathF", "BitConverter", "Buffer", "Array", "GC", "Convert", "ArgumentException",
        "ArgumentOutOfRangeException", "InvalidOperationException", "Vector", "Vector128", "Vector256", "Vector512",
    ];

    /// <summary>The class name that was asked for, or the one that follows from the file name, with Model behind it where C# has another meaning for that.</summary>
    /// <exception cref="CompileException">C# has no such class name or namespace.</exception>
    public static string Choose(string fileName, CompileOptions options)
    {
        string name = options.ClassName ?? Identifiers.ToPascal(Path.GetFileNameWithoutExtension(fileName));
        if (!Identifiers.IsValid(name))
        {
            throw new CompileException(Catalogue.BadOption($"ClassName=\"{name}\" is no C# class name; use letters, digits and underscores"));
        }

        string? why = Members.Contains(name, StringComparer.Ordinal) ? "one of its members"
            : Called.Contains(name, StringComparer.Ordinal) || RuntimeLibrary.Declares(name) ? "a type that it uses" : null;
        if (why is not null && options.ClassName is null)
        {
            name += "Model"; // a file may be called half.onnx or transpose.onnx
        }
        else if (why is not null)
        {
            throw new CompileException(Catalogue.BadOption($"the class would be called {name} like {why}; set ClassName=\"{name}Model\" (prunec: --class {name}Model)"));
        }

        if (options.Namespace.Length > 0 && !options.Namespace.Split('.').All(Identifiers.IsValid))
        {
            throw new CompileException(Catalogue.BadOption($"Namespace=\"{options.Namespace}\" is no C# namespace; use names of letters, digits and underscores, with dots between them"));
        }

        return name;
    }
}
