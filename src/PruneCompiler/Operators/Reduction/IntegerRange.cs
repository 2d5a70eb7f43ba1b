using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Smallest and largest values of integer types and Bool.</summary>
internal static class IntegerRange
{
    public static (Int128 Smallest, Int128 Largest) Of(ElementType type) => type switch
    {
        ElementType.Int64 => (long.MinValue, long.MaxValue),
        ElementType.UInt64 => (0, ulong.MaxValue),
        ElementType.Int32 => (int.MinValue, int.MaxValue),
        ElementType.UInt32 => (0, uint.MaxValue),
        ElementType.Int16 => (short.MinValue, short.MaxValue),
        ElementType.UInt16 => (0, ushort.MaxValue),
        ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.UInt8 => (0, byte.MaxValue),
        ElementType.Bool => (0, 1),
        _ => throw new ArgumentException($"{type.Text()} is no integer type", nameof(type)),
    };
}
