using System.Numerics;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Something to do with the C# type of an element type.</summary>
internal interface INumberAction
{
    /// <summary>Does it.</summary>
    void Run<T>()
        where T : unmanaged, INumber<T>;
}

/// <summary>From element types to the number types of C#.</summary>
internal static class NumberTypes
{
    /// <summary>True for types that C# computes with.</summary>
    public static bool Has(ElementType type) => type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.Int64 or ElementType.Int32
        or ElementType.Int16 or ElementType.Int8 or ElementType.UInt64 or ElementType.UInt32 or ElementType.UInt16 or ElementType.UInt8;

    /// <summary>Runs the action for a type.</summary>
    /// <exception cref="NotSupportedException">C# has no such number type.</exception>
    public static void Dispatch(ElementType type, INumberAction action)
    {
        switch (type)
        {
            case ElementType.Float32:
                action.Run<float>();
                break;
            case ElementType.Float64:
                action.Run<double>();
                break;
            case ElementType.Float16:
                action.Run<Half>();
                break;
            case ElementType.Int64:
                action.Run<long>();
                break;
            case ElementType.Int32:
                action.Run<int>();
                break;
            case ElementType.Int16:
                action.Run<short>();
                break;
            case ElementType.Int8:
                action.Run<sbyte>();
                break;
            case ElementType.UInt64:
                action.Run<ulong>();
                break;
            case ElementType.UInt32:
                action.Run<uint>();
                break;
            case ElementType.UInt16:
                action.Run<ushort>();
                break;
            case ElementType.UInt8:
                action.Run<byte>();
                break;
            default:
                throw new NotSupportedException(type.Text());
        }
    }
}
