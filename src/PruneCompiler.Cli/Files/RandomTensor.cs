using PruneCompiler.IR;

namespace PruneCompiler.Cli.Files;

/// <summary>Seeded random inputs.</summary>
public static class RandomTensor
{
    /// <summary>Floats are uniform in [-1, 1), integers in [0, 10), bools either.</summary>
    public static Tensor Make(TensorType type, Random random)
    {
        var tensor = new Tensor(type.Type, type.Shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            switch (type.Type)
            {
                case ElementType.Float32:
                    tensor.As<float>()[i] = (random.NextSingle() * 2) - 1;
                    break;
                case ElementType.Float64:
                    tensor.As<double>()[i] = (random.NextDouble() * 2) - 1;
                    break;
                case ElementType.Float16:
                    tensor.As<Half>()[i] = (Half)((random.NextSingle() * 2) - 1);
                    break;
                case ElementType.BFloat16:
                    tensor.As<ushort>()[i] = (ushort)(BitConverter.SingleToUInt32Bits((random.NextSingle() * 2) - 1) >> 16);
                    break;
                default:
                    // Little-endian: the lowest byte is the value, whatever the width.
                    tensor.Bytes[i * type.Type.Size()] = (byte)(type.Type == ElementType.Bool ? random.Next(2) : random.Next(type.Type is ElementType.Int2 or ElementType.UInt2 ? 2 : type.Type is ElementType.Int4 ? 8 : 10));
                    break;
            }
        }

        return tensor;
    }
}
