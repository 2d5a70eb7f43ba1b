using System;
using System.Globalization;

namespace PruneCompiler.Emit;

/// <summary>How element types and numbers look in C#.</summary>
public static class CSharpTypes
{
    /// <summary>The C# type of an element: float32 is float; bfloat16 and the 8-bit floats are their bits.</summary>
    public static string Of(string elementType) => elementType switch
    {
        "float32" => "float",
        "float64" => "double",
        "float16" => "Half",
        "bfloat16" => "ushort",
        "int64" => "long",
        "int32" => "int",
        "int16" => "short",
        "int8" or "int4" or "int2" => "sbyte",
        "uint64" => "ulong",
        "uint32" => "uint",
        "uint16" => "ushort",
        "uint8" or "uint4" or "uint2" => "byte",
        "bool" => "bool",
        _ when elementType.StartsWith("float8", StringComparison.Ordinal) || elementType.StartsWith("float4", StringComparison.Ordinal) => "byte",
        _ => throw new NotSupportedException($"element type {elementType}"),
    };

    /// <summary>Bytes of one element.</summary>
    public static int Size(string elementType) => Of(elementType) switch
    {
        "double" or "long" or "ulong" => 8,
        "float" or "int" or "uint" => 4,
        "Half" or "short" or "ushort" => 2,
        _ => 1,
    };

    /// <summary>A float literal that reads back as the same bits.</summary>
    public static string Literal(float value) =>
        float.IsNaN(value) ? "float.NaN"
        : float.IsPositiveInfinity(value) ? "float.PositiveInfinity"
        : float.IsNegativeInfinity(value) ? "float.NegativeInfinity"
        : value.ToString("R", CultureInfo.InvariantCulture) + "f";
}
