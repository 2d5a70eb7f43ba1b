using System.Runtime.InteropServices;
using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>TensorProto -> <see cref="Tensor"/>, for every number type of ONNX and every place where content may be.</summary>
public sealed class TensorReader
{
    /// <summary>No tensor may have more elements: lengths are 32-bit in the generated code.</summary>
    public const long MaximumElements = int.MaxValue;

    private readonly ExternalData external;

    /// <summary>External data is looked for in <paramref name="modelFolder"/>.</summary>
    public TensorReader(string modelFolder) => external = new ExternalData(modelFolder);

    /// <summary>The files with external data that were read.</summary>
    public IReadOnlyCollection<string> ExternalFiles => external.Files;

    /// <summary>Reads a file that holds one TensorProto (test data, inputs of prunec).</summary>
    /// <exception cref="CompileException">The file is no tensor of a number type.</exception>
    public static Tensor ReadFile(string file) =>
        new TensorReader(Path.GetDirectoryName(Path.GetFullPath(file))!).Read(ProtoReader.ReadTensor(file), null);

    /// <summary>Converts a tensor.</summary>
    /// <param name="proto">The message.</param>
    /// <param name="node">The node that it belongs to, for diagnostics.</param>
    /// <exception cref="CompileException">Content and shape disagree, or the type is not a number type.</exception>
    public Tensor Read(TensorProto proto, string? node)
    {
        string name = proto.Name.Length > 0 ? $"tensor '{proto.Name}'" : "a tensor";
        ElementType type = TypeReader.Element(proto.DataType, node, name);
        Shape shape = ReadShape(proto.Dims, node, name);
        if (proto.Segment is not null)
        {
            throw Bad(node, $"{name} is stored in segments, which ONNX never defined further");
        }

        int packing = Packing(type);
        long bytes = shape.Count * type.Size(), stored = packing == 1 ? bytes : (shape.Count + packing - 1) / packing;
        if (bytes > Array.MaxLength)
        {
            throw new CompileException(Catalogue.TooLarge(node, $"{name} ({type.Text()} {shape}) has more than 2 GB"));
        }

        byte[] content;
        if (proto.DataLocation == TensorProto.Types.DataLocation.External)
        {
            content = Unpack(external.Read(proto, stored), type, packing, shape.Count);
        }
        else if (proto.HasRawData && (proto.RawData.Length > 0 || stored == 0))
        {
            if (proto.RawData.Length != stored)
            {
                throw Bad(node, $"{name} ({type.Text()} {shape}) needs {stored} bytes and has {proto.RawData.Length}");
            }

            content = Unpack(proto.RawData.ToByteArray(), type, packing, shape.Count);
        }
        else
        {
            content = ReadTyped(proto, type, packing, shape, node, name);
        }

        if (type == ElementType.Bool)
        {
            foreach (ref byte b in content.AsSpan())
            {
                b = b == 0 ? (byte)0 : (byte)1; // any other byte would be undefined behaviour in the generated code's bools
            }
        }

        return new Tensor(type, shape, content);
    }

    /// <summary>A sparse initializer as an ordinary tensor.</summary>
    public Tensor Read(SparseTensorProto proto, string? node)
    {
        if (proto.Values is null)
        {
            throw Bad(node, "a sparse tensor has no values");
        }

        string name = $"sparse tensor '{proto.Values.Name}'";
        Shape shape = ReadShape(proto.Dims, node, name);
        if (shape.Count > ConstantFolding.MaximumElements)
        {
            throw new CompileException(Catalogue.TooLarge(node, $"{name} would have {shape.Count} elements"));
        }

        Tensor values = Read(proto.Values, node);
        if (values.Count == 0)
        {
            return new Tensor(values.Type, shape);
        }

        Tensor indices = proto.Indices is null ? throw Bad(node, $"{name} has no indices") : Read(proto.Indices, node);
        bool flat = indices.Shape.Rank == 1;
        if (indices.Type != ElementType.Int64 || indices.Count != (long)values.Count * (flat ? 1 : shape.Rank))
        {
            throw Bad(node, $"{name}: {values.Count} values do not go with int64 indices of shape {indices.Shape}");
        }

        var result = new Tensor(values.Type, shape);
        int[] strides = shape.Strides();
        int size = values.Type.Size();
        ReadOnlySpan<long> index = indices.As<long>();
        for (int i = 0; i < values.Count; i++)
        {
            long at = flat ? index[i] : 0;
            for (int axis = 0; !flat && axis < shape.Rank; axis++)
            {
                long k = index[(i * shape.Rank) + axis];
                at = k < 0 || k >= shape[axis] ? throw Bad(node, $"{name}: index {k} is outside of axis {axis} of {shape}") : at + (k * strides[axis]);
            }

            if (at < 0 || at >= shape.Count)
            {
                throw Bad(node, $"{name}: index {at} is outside of {shape}");
            }

            values.Bytes.AsSpan(i * size, size).CopyTo(result.Bytes.AsSpan((int)at * size));
        }

        return result;
    }

    private static Shape ReadShape(IList<long> dims, string? node, string name)
    {
        var shape = new int[dims.Count];
        long count = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (dims[i] < 0)
            {
                throw Bad(node, $"{name} has a dimension of {dims[i]}");
            }

            if (dims[i] > MaximumElements || (count = checked(count * Math.Max(dims[i], 1))) > MaximumElements)
            {
                throw new CompileException(Catalogue.TooLarge(node, $"{name} has the dimensions {string.Join(" x ", dims)}"));
            }

            shape[i] = (int)dims[i];
        }

        return new Shape(shape);
    }

    // Elements per stored byte.
    private static int Packing(ElementType type) => type switch
    {
        ElementType.Int4 or ElementType.UInt4 or ElementType.Float4E2M1 => 2,
        ElementType.Int2 or ElementType.UInt2 => 4,
        _ => 1,
    };

    // Sub-byte elements fill a byte from its low end; signed ones are extended.
    private static byte[] Unpack(ReadOnlySpan<byte> packed, ElementType type, int packing, long count)
    {
        if (packing == 1)
        {
            return packed.ToArray();
        }

        int bits = 8 / packing, mask = (1 << bits) - 1;
        bool signed = type is ElementType.Int4 or ElementType.Int2;
        var result = new byte[count];
        for (int i = 0; i < result.Length; i++)
        {
            int value = (packed[i / packing] >> (i % packing * bits)) & mask;
            result[i] = (byte)(signed && value >> (bits - 1) != 0 ? value - (1 << bits) : value);
        }

        return result;
    }

    private static byte[] ReadTyped(TensorProto proto, ElementType type, int packing, Shape shape, string? node, string name)
    {
        switch (type)
        {
            case ElementType.Float32 or ElementType.Complex64:
                return Convert(proto.FloatData, type == ElementType.Complex64 ? 2 : 1, (float v) => v);
            case ElementType.Float64 or ElementType.Complex128:
                return Convert(proto.DoubleData, type == ElementType.Complex128 ? 2 : 1, (double v) => v);
            case ElementType.Int64:
                return Convert(proto.Int64Data, 1, (long v) => v);
            case ElementType.UInt64:
                return Convert(proto.Uint64Data, 1, (ulong v) => v);
            case ElementType.UInt32:
                return Convert(proto.Uint64Data, 1, (ulong v) => (uint)v);
            case ElementType.Int32:
                return Convert(proto.Int32Data, 1, (int v) => v);
            case ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16:
                return Convert(proto.Int32Data, 1, (int v) => (ushort)v);
            default:
                if (packing > 1 && proto.Int32Data.Count != shape.Count)
                {
                    var packed = new byte[proto.Int32Data.Count];
                    for (int i = 0; i < packed.Length; i++)
                    {
                        packed[i] = (byte)proto.Int32Data[i];
                    }

                    return packed.Length == (shape.Count + packing - 1) / packing ? Unpack(packed, type, packing, shape.Count) : throw Count(packed.Length);
                }

                return Convert(proto.Int32Data, 1, (int v) => type == ElementType.Bool ? (byte)(v != 0 ? 1 : 0) : (byte)v);
        }

        byte[] Convert<TFrom, TTo>(IList<TFrom> from, int parts, Func<TFrom, TTo> convert)
            where TTo : unmanaged
        {
            if (from.Count != checked(shape.Count * parts))
            {
                throw Count(from.Count);
            }

            var to = new TTo[from.Count];
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = convert(from[i]);
            }

            return MemoryMarshal.AsBytes(to.AsSpan()).ToArray();
        }

        CompileException Count(int have) => Bad(node, $"{name} ({type.Text()} {shape}) has {have} stored elements");
    }

    private static CompileException Bad(string? node, string why) => new(Catalogue.Malformed(node, why));
}
