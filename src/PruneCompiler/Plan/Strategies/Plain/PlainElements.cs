using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Type arguments of the runtime's plain kernels.</summary>
internal static class PlainElements
{
    /// <summary>Stored type, type of sums and their conversion, as C# text: "Half, float, Float16Element".</summary>
    public static string TypeArguments(Node node, ElementType type) => type switch
    {
        ElementType.Float32 => "float, float, Float32Element",
        ElementType.Float64 => "double, double, Float64Element",
        ElementType.Float16 => "Half, float, Float16Element",
        ElementType.BFloat16 => "ushort, float, BFloat16Element",
        ElementType.Int64 => "long, long, IntegerElement<long, long>",
        ElementType.UInt64 => "ulong, ulong, IntegerElement<ulong, ulong>",
        ElementType.Int32 => "int, int, IntegerElement<int, int>",
        ElementType.UInt32 => "uint, uint, IntegerElement<uint, uint>",
        ElementType.Int16 => "short, int, IntegerElement<short, int>",
        ElementType.UInt16 => "ushort, uint, IntegerElement<ushort, uint>",
        ElementType.Int8 => "sbyte, int, IntegerElement<sbyte, int>",
        ElementType.UInt8 => "byte, int, IntegerElement<byte, int>",
        _ => throw new OperatorException(node, $"elements of type {type.Text()} are not supported"),
    };

    /// <summary>A pointer argument, or null for an absent operand.</summary>
    public static Emit.Argument Optional(string name, Storage? storage) => storage is null ? Arg.Code(name, "null") : Arg.Pointer(name, storage);

    /// <summary>Adds the row of a layer that runs through plain loops: every weight is multiplied, stored as it is.</summary>
    public static void Layer(Node node, Lowering lowering)
    {
        if (node.Operator.Measure(node) is { } size)
        {
            ElementType type = node.Input(0).Type;
            long bytes = Report.WeightMatrix.ValuesOf(node).Sum(v => v.Constant!.Bytes.LongLength);
            string why = type == ElementType.Float32 ? "this form of the operator has no vector kernel" : $"there is no vector kernel for {type.Text()}";
            lowering.Layer(node, "plain loops", $"plain loops: {why}", size.Macs, bytes, size.Weights);
        }
    }
}
