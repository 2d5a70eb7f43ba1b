using System.Buffers.Binary;

namespace PruneCompiler.Plan.Strategies;

/// <summary>A layer's weights in the form that a kernel walks.</summary>
/// <param name="Bytes">The packed form, little-endian; to be placed at an address divisible by 4.</param>
/// <param name="MinOffset">
/// Smallest tap offset, in elements from the output pixel's input address. With <paramref name="MaxOffset"/> this is the kernel's bounds
/// proof: for every vector address v of the input, [v + MinOffset, v + MaxOffset + 16) must be readable.
/// </param>
/// <param name="MaxOffset">Largest tap offset, in elements.</param>
/// <param name="Macs">Multiply-adds per output pixel.</param>
public sealed record PackedTaps(byte[] Bytes, int MinOffset, int MaxOffset, long Macs);

/// <summary>Appends little-endian values.</summary>
internal sealed class PackWriter
{
    private readonly MemoryStream stream = new();

    public void Int(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    public void Short(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    public void Float(float value) => Int(BitConverter.SingleToInt32Bits(value));

    public void Align(int size)
    {
        while (stream.Length % size != 0)
        {
            stream.WriteByte(0);
        }
    }

    public byte[] ToArray() => stream.ToArray();
}
