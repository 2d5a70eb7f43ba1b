using System.Buffers.Binary;
using System.IO.Compression;

namespace PruneCompiler.Report;

/// <summary>Writes small images of up to 16 colours as PNG (PNG specification, third edition: colour type 3, four bits a pixel).</summary>
internal static class PngImage
{
    /// <summary>A data URI for an img element.</summary>
    /// <param name="pixels">[height][width] places in the palette.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="palette">Up to 16 colours: red, green, blue, opacity.</param>
    public static string DataUri(byte[] pixels, int width, IReadOnlyList<(byte R, byte G, byte B, byte A)> palette)
    {
        int height = pixels.Length / width, rowBytes = (width + 1) / 2;
        var raw = new byte[height * (rowBytes + 1)]; // each row starts with its filter: none
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                raw[(y * (rowBytes + 1)) + 1 + (x / 2)] |= (byte)(pixels[(y * width) + x] << (x % 2 == 0 ? 4 : 0));
            }
        }

        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(raw);
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (4, 3);
        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "PLTE"u8, [.. palette.SelectMany(c => new[] { c.R, c.G, c.B })]);
        Chunk(file, "tRNS"u8, [.. palette.Select(c => c.A)]);
        Chunk(file, "IDAT"u8, compressed.ToArray());
        Chunk(file, "IEND"u8, []);
        return "data:image/png;base64," + Convert.ToBase64String(file.ToArray());
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(type);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(type, content));
        file.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        uint crc = Update(Update(uint.MaxValue, type), content);
        return ~crc;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return crc;
    }
}
