using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Files;

/// <summary>NumPy's .npy files (format 1.0 to 3.0), little-endian; C order is written, both orders are read.</summary>
public static partial class NpyFile
{
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private static readonly (string Descr, ElementType Type)[] Types =
    [
        ("<f4", ElementType.Float32), ("<f8", ElementType.Float64), ("<f2", ElementType.Float16),
        ("<i8", ElementType.Int64), ("<i4", ElementType.Int32), ("<i2", ElementType.Int16), ("|i1", ElementType.Int8),
        ("<u8", ElementType.UInt64), ("<u4", ElementType.UInt32), ("<u2", ElementType.UInt16), ("|u1", ElementType.UInt8), ("|b1", ElementType.Bool),
    ];

    /// <summary>Writes a tensor. bfloat16 is widened to float32; types without a NumPy counterpart are written as the bytes that hold them.</summary>
    public static void Write(string file, Tensor tensor)
    {
        if (tensor.Type == ElementType.BFloat16)
        {
            var wide = new Tensor(ElementType.Float32, tensor.Shape);
            for (int i = 0; i < tensor.Count; i++)
            {
                wide.As<float>()[i] = (float)tensor.GetDouble(i);
            }

            tensor = wide;
        }

        string descr = Types.FirstOrDefault(t => t.Type == tensor.Type).Descr ?? (tensor.Type is ElementType.Int4 or ElementType.Int2 ? "|i1" : "|u1");
        string dims = string.Concat(tensor.Shape.Dims.ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture) + ", "));
        string header = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims.TrimEnd(' ')}), }}";
        header = header.PadRight((((Magic.Length + 4 + header.Length + 1 + 63) / 64) * 64) - Magic.Length - 4 - 1) + "\n";
        using FileStream stream = File.Create(file);
        stream.Write(Magic);
        stream.Write([1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header));
        stream.Write(tensor.Bytes);
    }

    /// <summary>Reads a tensor.</summary>
    /// <exception cref="InvalidDataException">Not a .npy file of a type and order that is supported; says why.</exception>
    public static Tensor Read(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        if (bytes.Length < 12 || !bytes.AsSpan(0, 6).SequenceEqual(Magic))
        {
            throw new InvalidDataException($"{file} is no .npy file");
        }

        int start = bytes[6] == 1 ? 10 : 12;
        int length = bytes[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)) : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (length < 0 || start + length > bytes.Length)
        {
            throw new InvalidDataException($"{file} ends inside its header");
        }

        string header = Encoding.UTF8.GetString(bytes, start, length);
        Match descr = DescrPattern().Match(header), shape = ShapePattern().Match(header);
        if (!descr.Success || !shape.Success)
        {
            throw new InvalidDataException($"{file} has a header that is not supported (a plain type is): {header.Trim()}");
        }

        string name = descr.Groups[1].Value;
        ElementType type = Types.FirstOrDefault(t => t.Descr == name || (t.Descr[0] == '|' && t.Descr[1..] == name.TrimStart('<', '|'))).Type;
        if (type == ElementType.Undefined)
        {
            throw new InvalidDataException($"{file} has elements of type {name}, which is not supported");
        }

        bool columns = FortranPattern().IsMatch(header);
        int[] dims = Dimensions(file, shape.Groups[1].Value);
        var stored = new Shape(columns ? [.. dims.Reverse()] : dims);
        byte[] content = bytes[(start + length)..];
        if (content.Length != dims.Aggregate((Int128)type.Size(), (product, d) => product * d))
        {
            throw new InvalidDataException($"{file} holds {content.Length} bytes, which is not what shape {new Shape(dims)} of {type.Text()} takes");
        }

        var tensor = new Tensor(type, stored, content);
        return columns ? Transposed(tensor) : tensor;
    }

    private static int[] Dimensions(string file, string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(d => int.TryParse(d, CultureInfo.InvariantCulture, out int size) ? size : throw new InvalidDataException($"{file} has dimension {d}, which is not supported"))
            .ToArray();

    // The same elements with the axes in reverse order, rows first.
    private static Tensor Transposed(Tensor tensor)
    {
        var result = new Tensor(tensor.Type, new Shape([.. tensor.Shape.Dims.ToArray().Reverse()]));
        int size = tensor.Type.Size();
        int[] strides = tensor.Shape.Strides().Reverse().ToArray(), at = new int[result.Shape.Rank];
        for (int i = 0, from = 0; i < result.Count; i++)
        {
            tensor.Bytes.AsSpan(from * size, size).CopyTo(result.Bytes.AsSpan(i * size));
            for (int axis = at.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++at[axis] < result.Shape[axis])
                {
                    break;
                }

                from -= strides[axis] * at[axis];
                at[axis] = 0;
            }
        }

        return result;
    }

    [GeneratedRegex(@"'descr':\s*'([^']+)'")]
    private static partial Regex DescrPattern();

    [GeneratedRegex(@"'fortran_order':\s*True")]
    private static partial Regex FortranPattern();

    [GeneratedRegex(@"'shape':\s*\(([0-9, ]*)\)")]
    private static partial Regex ShapePattern();
}
