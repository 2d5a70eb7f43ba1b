namespace PruneCompiler.Emit;

/// <summary>A diagnostic of the second half of the build.</summary>
/// <param name="Id">PRUNE and four digits.</param>
/// <param name="Title">Short and fixed.</param>
/// <param name="Message">What is wrong and the way out, with {0} ... for what varies.</param>
public sealed record EmitDiagnostic(string Id, string Title, string Message);

/// <summary>
/// Every diagnostic that the generator can give: PRUNE0100 to PRUNE0149. The first half of the build has its own in
/// PruneCompiler/Diagnostics/Catalogue.cs, the build targets have PRUNE0150 to PRUNE0199. An id is never reused for something else.
/// </summary>
public static class EmitCatalogue
{
    /// <summary>The plan is damaged or of another version.</summary>
    public static readonly EmitDiagnostic UnreadablePlan = new(
        "PRUNE0100", "The plan of a model cannot be read", "the plan cannot be read: {0}; delete the obj folder and build again");

    /// <summary>Two models make the same class.</summary>
    public static readonly EmitDiagnostic DuplicateClass = new(
        "PRUNE0101", "Two models make the same class", "more than one PrunedModel makes the class {0}; give one of them another ClassName or Namespace");

    /// <summary>Generated code needs pointers.</summary>
    public static readonly EmitDiagnostic UnsafeCodeOff = new(
        "PRUNE0102", "Unsafe code is not allowed", "the generated class {0} reads its weights through pointers; set <AllowUnsafeBlocks>true</AllowUnsafeBlocks> in the project file");

    /// <summary>Generated code needs C# 12.</summary>
    public static readonly EmitDiagnostic OldLanguage = new(
        "PRUNE0103", "The language version is too old", "the generated class {0} needs C# 12 or later; raise or remove LangVersion in the project file");
}
