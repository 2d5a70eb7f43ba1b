using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Reads and writes single elements of tensors of any type, for the reference evaluation.</summary>
public static class Numbers
{
    /// <summary>Element <paramref name="index"/> as a double; integers beyond 2^53 are rounded.</summary>
    public static double ReadFloat(Tensor tensor, int index) => tensor.Type switch
    {
        ElementType.Float32 => tensor.As<float>()[index],
        ElementType.Float64 => tensor.As<double>()[index],
        ElementType.Float16 => (double)tensor.As<Half>()[index],
        ElementType.BFloat16 => SmallFloats.FromBFloat16(tensor.As<ushort>()[index]),
        ElementType.Float8E4M3FN => SmallFloats.FromE4M3FN(tensor.Bytes[index]),
        ElementType.Float8E4M3FNUZ => SmallFloats.FromE4M3FNUZ(tensor.Bytes[index]),
        ElementType.Float8E5M2 => SmallFloats.FromE5M2(tensor.Bytes[index]),
        ElementType.Float8E5M2FNUZ => SmallFloats.FromE5M2FNUZ(tensor.Bytes[index]),
        ElementType.Float8E8M0 => SmallFloats.FromE8M0(tensor.Bytes[index]),
        ElementType.Float4E2M1 => SmallFloats.FromE2M1(tensor.Bytes[index]),
        ElementType.UInt64 => tensor.As<ulong>()[index],
        _ => (double)ReadInteger(tensor, index),
    };

    /// <summary>Element <paramref name="index"/> of an integer or Bool tensor.</summary>
    public static Int128 ReadInteger(Tensor tensor, int index) => tensor.Type switch
    {
        ElementType.Int64 => tensor.As<long>()[index],
        ElementType.Int32 => tensor.As<int>()[index],
        ElementType.Int16 => tensor.As<short>()[index],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => tensor.As<sbyte>()[index],
        ElementType.UInt64 => tensor.As<ulong>()[index],
        ElementType.UInt32 => tensor.As<uint>()[index],
        ElementType.UInt16 => tensor.As<ushort>()[index],
        ElementType.UInt8 or ElementType.Bool or ElementType.UInt4 or ElementType.UInt2 => tensor.Bytes[index],
        _ => throw new InvalidOperationException($"{tensor.Type.Text()} read as an integer."),
    };

    /// <summary>Stores a real number: rounded for floats, truncated for integers, "not zero" for Bool.</summary>
    public static void WriteFloat(Tensor tensor, int index, double value, bool saturate = true)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                tensor.As<float>()[index] = (float)value;
                break;
            case ElementType.Float64:
                tensor.As<double>()[index] = value;
                break;
            case ElementType.Float16:
                tensor.As<Half>()[index] = (Half)value;
                break;
            case ElementType.BFloat16:
                tensor.As<ushort>()[index] = SmallFloats.ToBFloat16((float)value);
                break;
            case ElementType.Float8E4M3FN:
                tensor.Bytes[index] = SmallFloats.ToE4M3FN((float)value, saturate);
                break;
            case ElementType.Float8E4M3FNUZ:
                tensor.Bytes[index] = SmallFloats.ToE4M3FNUZ((float)value, saturate);
                break;
            case ElementType.Float8E5M2:
                tensor.Bytes[index] = SmallFloats.ToE5M2((float)value, saturate);
                break;
            case ElementType.Float8E5M2FNUZ:
                tensor.Bytes[index] = SmallFloats.ToE5M2FNUZ((float)value, saturate);
                break;
            case ElementType.Float8E8M0:
                tensor.Bytes[index] = SmallFloats.ToE8M0((float)value, saturate);
                break;
            case ElementType.Float4E2M1:
                tensor.Bytes[index] = SmallFloats.ToE2M1((float)value, saturate);
                break;
            case ElementType.Bool:
                tensor.Bytes[index] = value != 0 ? (byte)1 : (byte)0;
                break;
            default:
                WriteInteger(tensor, index, double.IsNaN(value) ? 0 : (Int128)Math.Truncate(Math.Clamp(value, -1e30, 1e30)));
                break;
        }
    }

    /// <summary>Stores an integer; what does not fit wraps around.</summary>
    public static void WriteInteger(Tensor tensor, int index, Int128 value)
    {
        unchecked
        {
            switch (tensor.Type)
            {
                case ElementType.Int64:
                    tensor.As<long>()[index] = (long)value;
                    break;
                case ElementType.UInt64:
                    tensor.As<ulong>()[index] = (ulong)value;
                    break;
                case ElementType.Int32:
                    tensor.As<int>()[index] = (int)value;
                    break;
                case ElementType.UInt32:
                    tensor.As<uint>()[index] = (uint)value;
                    break;
                case ElementType.Int16:
                    tensor.As<short>()[index] = (short)value;
                    break;
                case ElementType.UInt16:
                    tensor.As<ushort>()[index] = (ushort)value;
                    break;
                case ElementType.Int8 or ElementType.UInt8:
                    tensor.Bytes[index] = (byte)value;
                    break;
                case ElementType.Int4:
                    tensor.As<sbyte>()[index] = (sbyte)((sbyte)(value << 4) >> 4);
                    break;
                case ElementType.UInt4:
                    tensor.Bytes[index] = (byte)(value & 15);
                    break;
                case ElementType.Int2:
                    tensor.As<sbyte>()[index] = (sbyte)((sbyte)(value << 6) >> 6);
                    break;
                case ElementType.UInt2:
                    tensor.Bytes[index] = (byte)(value & 3);
                    break;
                case ElementType.Bool:
                    tensor.Bytes[index] = value != 0 ? (byte)1 : (byte)0;
                    break;
                default:
                    WriteFloat(tensor, index, (double)value);
                    break;
            }
        }
    }
}
