using Microsoft.CodeAnalysis;

namespace PruneCompiler.Generator;

/// <summary>Turns plans (additional files that end in .plan) into C#.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class PrunedModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
    }
}
