using System;

namespace PruneCompiler.Emit;

/// <summary>How an element type is stored and with what type it is computed.</summary>
public static class ElementKinds
{
    /// <summary>The type that arithmetic uses: itself, float32 for the smaller floats, int8 and uint8 for the smaller integers.</summary>
    public static string Computed(string type) => type switch
    {
        "float16" or "bfloat16" => "float32",
        "int4" or "int2" => "int8",
        "uint4" or "uint2" => "uint8",
        _ => IsSmallFloat(type) ? "float32" : type,
    };

    /// <summary>True for the floats of 8 and 4 bits, which are stored as a byte each.</summary>
    public static bool IsSmallFloat(string type) => type.StartsWith("float8", StringComparison.Ordinal) || type.StartsWith("float4", StringComparison.Ordinal);

    /// <summary>True for float32 and float64.</summary>
    public static bool IsFloat(string type) => type is "float32" or "float64";

    /// <summary>True for the integers of 8 bits and less than 32, whose C# arithmetic has to be cut back.</summary>
    public static bool IsShort(string type) => type is "int8" or "uint8" or "int16" or "uint16";

    /// <summary>True when values are computed in the form in which they are stored.</summary>
    public static bool IsDirect(string type) => Computed(type) == type;

    /// <summary>Name of the conversion methods of the runtime's SmallFloats for a type: E4M3FN.</summary>
    public static string SmallFloatName(string type) => type == "bfloat16" ? "BFloat16" : type.Substring("float".Length + 1).ToUpperInvariant();
}
