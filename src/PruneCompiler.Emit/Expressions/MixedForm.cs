using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>
/// Vectors over operands of several widths: every element takes a lane of four bytes. Integers of one and two bytes are int lanes, truth values are masks, 16-bit floats are float lanes;
/// the runtime's MixedLanes loads and stores them.
/// </summary>
public static class MixedForm
{
    /// <summary>Name of the runtime file.</summary>
    internal const string File = "MixedLanes";

    /// <summary>True when the expression can be computed so, and only so: lanes of one width do not do.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="types">Element types of the operands.</param>
    /// <param name="result">Element type of the result.</param>
    public static bool Applies(Expression expression, IReadOnlyDictionary<string, string> types, string result)
    {
        IReadOnlyList<string> read = expression.Names();
        List<string> used = types.Where(t => read.Contains(t.Key, StringComparer.Ordinal)).Select(t => t.Value).ToList();
        if (used.Count == 0 || !Lanes(result) || !used.All(Lanes) || VectorForm.ResultType(expression, types) == result)
        {
            return false;
        }

        Dictionary<string, TypedCode> names = types.Where(t => Lanes(t.Value)).ToDictionary(t => t.Key, t => Load("x", t.Value), StringComparer.Ordinal);
        (Expression value, _) = ElementCode.WithoutLastCast(expression, result);
        return ElementCode.Finish(value, names, vector: true, null, mixed: true) is { } code && Converted(code, result) is not null;
    }

    /// <summary>True for the element types that have such lanes.</summary>
    private static bool Lanes(string type) => type is "float32" or "int32" or "float16" or "bfloat16" or "bool" || ElementKinds.IsShort(type);

    /// <summary>Lanes of a stored operand.</summary>
    internal static TypedCode Load(string pointer, string stored) => stored switch
    {
        "float32" or "int32" => new TypedCode($"*(Vector<{CSharpTypes.Of(stored)}>*)({pointer})", stored, true),
        "bfloat16" => new TypedCode($"MixedLanes.LoadBFloat16({pointer})", "float32", true),
        _ => new TypedCode($"MixedLanes.Load({pointer})", ElementKinds.Computed(stored), true),
    };

    /// <summary>One element in all lanes.</summary>
    internal static TypedCode Broadcast(string element, string stored)
    {
        TypedCode value = ExpressionText.Load(element, stored);
        return value.Type switch
        {
            "float32" => new TypedCode($"new Vector<float>({value.Code})", value.Type, true),
            "bool" => new TypedCode($"new Vector<int>({value.Code} ? -1 : 0)", value.Type, true),
            _ => new TypedCode($"new Vector<int>({value.Code})", value.Type, true),
        };
    }

    /// <summary>The statement that stores lanes.</summary>
    internal static string Store(string pointer, TypedCode value, string stored)
    {
        string code = Converted(value, stored)!.Value.Code;
        return stored switch
        {
            "float32" or "int32" => $"*(Vector<{CSharpTypes.Of(stored)}>*)({pointer}) = {code};",
            "bfloat16" => $"MixedLanes.StoreBFloat16({pointer}, {code});",
            _ => $"MixedLanes.Store({pointer}, {code});",
        };
    }

    /// <summary>A conversion with the rounding and wrapping of the type; null where it has no vector form.</summary>
    internal static TypedCode? Cast(TypedCode value, string to)
    {
        if (Converted(value, to) is not { } converted)
        {
            return null;
        }

        return to switch
        {
            "float16" => new TypedCode($"MixedLanes.RoundToHalf({converted.Code})", "float32", true),
            "bfloat16" => new TypedCode($"MixedLanes.RoundToBFloat16({converted.Code})", "float32", true),
            "uint8" or "int8" or "uint16" or "int16" when value.Type != to && value.Type != "bool" => new TypedCode($"MixedLanes.To{(to[0] == 'u' ? "UInt" : "Int")}{to.Substring(to.IndexOf("int", StringComparison.Ordinal) + 3)}({converted.Code})", to, true),
            _ => converted,
        };
    }

    /// <summary>True for functions of short integers whose result in wider lanes is the same.</summary>
    internal static bool KeepsWidth(string function) => function is "select" or "less" or "lessequal" or "greater" or "greaterequal" or "equal" or "min" or "max" or "atleast" or "atmost" or "bitand" or "bitor" or "bitxor";

    // In the lanes of the type, not cut back to its width: stores do that, and casts.
    private static TypedCode? Converted(TypedCode value, string to)
    {
        string computed = ElementKinds.Computed(to);
        if (value.Type == computed)
        {
            return value;
        }

        bool whole = value.Type == "int32" || ElementKinds.IsShort(value.Type);
        return (value.Type, computed) switch
        {
            ("bool", "float32") => new TypedCode($"MixedLanes.OneWhere({value.Code})", computed, true),
            ("bool", _) when computed == "int32" || ElementKinds.IsShort(computed) => new TypedCode($"-{value.Inner}", computed, false),
            ("float32", "bool") => new TypedCode($"~Vector.Equals({value.Code}, Vector<float>.Zero)", computed, false),
            (_, "bool") when whole => new TypedCode($"~Vector.Equals({value.Code}, Vector<int>.Zero)", computed, false),
            (_, "float32") when whole => new TypedCode($"Vector.ConvertToSingle({value.Code})", computed, true),
            ("float32", _) when computed == "int32" || ElementKinds.IsShort(computed) => new TypedCode($"Vector.ConvertToInt32({value.Code})", computed, true),
            _ when whole && (computed == "int32" || ElementKinds.IsShort(computed)) => value with { Type = computed },
            _ => null,
        };
    }
}
