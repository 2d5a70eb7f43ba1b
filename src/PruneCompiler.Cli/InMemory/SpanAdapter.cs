using PruneCompiler.Emit;

namespace PruneCompiler.Cli.InMemory;

/// <summary>Text of a class that calls the generated <c>Run</c> with addresses, since reflection cannot pass spans.</summary>
internal static class SpanAdapter
{
    /// <summary>Name of the class.</summary>
    public const string TypeName = "PruneCompilerSpanAdapter";

    /// <summary>The text.</summary>
    public static string Emit(ModelPlan plan)
    {
        var code = new CodeWriter();
        using (code.Braces($"public static unsafe class {TypeName}"))
        using (code.Braces("public static void Run(object net, nint[] inputs, nint[] outputs)"))
        {
            string prefix = plan.Namespace.Length > 0 ? $"global::{plan.Namespace}." : "global::";
            IEnumerable<string> arguments = plan.Inputs.Select((p, i) => $"new global::System.ReadOnlySpan<{Type(p)}>((void*)inputs[{i}], {p.Length})")
                .Concat(plan.Outputs.Select((p, i) => $"new global::System.Span<{Type(p)}>((void*)outputs[{i}], {p.Length})"));
            code.Line($"(({prefix}{plan.ClassName})net).Run({string.Join(", ", arguments)});");
        }

        return code.ToString();
    }

    private static string Type(Port port) => CSharpTypes.Of(port.Type) == "Half" ? "global::System.Half" : CSharpTypes.Of(port.Type);
}
