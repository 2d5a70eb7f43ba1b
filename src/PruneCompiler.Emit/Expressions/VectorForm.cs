using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Says whether an expression can be computed in vectors.</summary>
public static class VectorForm
{
    /// <summary>The type of the lanes that come out, or null when there is no vector form: all operands need lanes of one size, and every function a form for vectors.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="types">Element types of the operands.</param>
    public static string? ResultType(Expression expression, IReadOnlyDictionary<string, string> types)
    {
        IReadOnlyList<string> read = expression.Names();
        List<string> used = types.Where(t => read.Contains(t.Key, StringComparer.Ordinal)).Select(t => t.Value).ToList();
        if (used.Count == 0 || used.Any(t => !ElementKinds.IsDirect(t) || t == "bool" || CSharpTypes.Size(t) != CSharpTypes.Size(used[0])))
        {
            return null;
        }

        Dictionary<string, TypedCode> names = types.ToDictionary(t => t.Key, t => new TypedCode("x", t.Value, true), StringComparer.Ordinal);
        return ElementCode.Finish(expression, names, vector: true, null) is { } code && code.Type != "bool" && CSharpTypes.Size(code.Type) == CSharpTypes.Size(used[0]) ? code.Type : null;
    }
}
