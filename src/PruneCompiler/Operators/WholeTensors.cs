using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Whole tensors as double or long arrays and back, for reference evaluations that serve every element type with one loop.</summary>
internal static class WholeTensors
{
    /// <summary>The elements as doubles; exact for every float type and for integers up to 2^53.</summary>
    public static double[] Doubles(Tensor tensor)
    {
        var result = new double[tensor.Count];
        switch (tensor.Type)
        {
            case ElementType.Float32:
                ReadOnlySpan<float> floats = tensor.As<float>();
                for (int i = 0; i < result.Length; i++)
                {
                    result[i] = floats[i];
                }

                break;
            case ElementType.Float64:
                tensor.As<double>().CopyTo(result);
                break;
            default:
                for (int i = 0; i < result.Length; i++)
                {
                    result[i] = tensor.GetDouble(i);
                }

                break;
        }

        return result;
    }

    /// <summary>The elements of an integer tensor; uint64 keeps its bits, so that sums and products wrap as they should.</summary>
    public static long[] Longs(Tensor tensor)
    {
        if (tensor.Type == ElementType.UInt64)
        {
            return tensor.As<long>().ToArray();
        }

        return tensor.ToInt64Array();
    }

    /// <summary>Rounds doubles to a float type (integers: truncates).</summary>
    public static Tensor Tensor(ElementType type, Shape shape, double[] values)
    {
        var result = new Tensor(type, shape);
        switch (type)
        {
            case ElementType.Float32:
                Span<float> floats = result.As<float>();
                for (int i = 0; i < floats.Length; i++)
                {
                    floats[i] = (float)values[i];
                }

                break;
            case ElementType.Float64:
                values.CopyTo(result.As<double>());
                break;
            case ElementType.Float16:
                Span<Half> halves = result.As<Half>();
                for (int i = 0; i < halves.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }

                break;
            case ElementType.BFloat16:
                Span<ushort> bits = result.As<ushort>();
                for (int i = 0; i < bits.Length; i++)
                {
                    bits[i] = SmallFloats.ToBFloat16((float)values[i]);
                }

                break;
            default:
                return Tensor(type, shape, Array.ConvertAll(values, v => (long)v));
        }

        return result;
    }

    /// <summary>Integers of a width, the upper bits cut off.</summary>
    public static Tensor Tensor(ElementType type, Shape shape, long[] values)
    {
        var result = new Tensor(type, shape);
        switch (type.Size())
        {
            case 8:
                values.CopyTo(result.As<long>());
                break;
            case 4:
                Span<byte> bytes = result.Bytes;
                for (int i = 0; i < values.Length; i++)
                {
                    BitConverter.TryWriteBytes(bytes[(i * 4)..], unchecked((int)values[i]));
                }

                break;
            case 2:
                for (int i = 0; i < values.Length; i++)
                {
                    BitConverter.TryWriteBytes(result.Bytes.AsSpan(i * 2), unchecked((short)values[i]));
                }

                break;
            default:
                for (int i = 0; i < values.Length; i++)
                {
                    result.Bytes[i] = unchecked((byte)values[i]);
                }

                break;
        }

        return result;
    }
}
