using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Reading and writing tensors whatever their number type.</summary>
public static class Tensors
{
    /// <summary>A rank-0 tensor of any number type.</summary>
    public static Tensor Of(ElementType type, double value)
    {
        var result = new Tensor(type, Shape.Scalar);
        Set(result, 0, value);
        return result;
    }

    /// <summary>Stores a number, converted as C# converts (float to integer: towards zero).</summary>
    public static void Set(Tensor tensor, int index, double value)
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
                tensor.As<ushort>()[index] = BFloat16(value);
                break;
            case ElementType.Bool:
                tensor.Bytes[index] = value != 0 ? (byte)1 : (byte)0;
                break;
            case ElementType.UInt64:
                tensor.As<ulong>()[index] = (ulong)value;
                break;
            default:
                SetInteger(tensor, index, (long)value);
                break;
        }
    }

    /// <summary>Stores the low bits of an integer.</summary>
    public static void SetInteger(Tensor tensor, int index, long value)
    {
        if (!tensor.Type.IsInteger())
        {
            throw new NotSupportedException($"{tensor.Type.Text()} written as an integer.");
        }

        int size = tensor.Type.Size();
        for (int i = 0; i < size; i++)
        {
            tensor.Bytes[(index * size) + i] = (byte)(value >> (8 * i));
        }
    }

    // The upper half of the binary32, rounded to nearest even.
    private static ushort BFloat16(double value)
    {
        uint bits = BitConverter.SingleToUInt32Bits((float)value);
        return float.IsNaN((float)value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
