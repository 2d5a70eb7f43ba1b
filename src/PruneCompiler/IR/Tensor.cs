using System.Runtime.InteropServices;

namespace PruneCompiler.IR;

/// <summary>A constant or computed array: element type, shape, and row-major little-endian content.</summary>
public sealed class Tensor
{
    /// <summary>Wraps <paramref name="bytes"/>, which must hold exactly the elements of <paramref name="shape"/>.</summary>
    public Tensor(ElementType type, Shape shape, byte[] bytes)
    {
        if (bytes.LongLength != shape.Count * type.Size())
        {
            throw new ArgumentException($"{shape} of {type.Text()} takes {shape.Count * type.Size()} bytes, not {bytes.LongLength}.", nameof(bytes));
        }

        Type = type;
        Shape = shape;
        Bytes = bytes;
    }

    /// <summary>A tensor of zeros.</summary>
    public Tensor(ElementType type, Shape shape)
        : this(type, shape, new byte[checked(shape.Count * type.Size())])
    {
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>The content; sub-byte types take one byte each, Bool is 0 or 1, BFloat16 and float8 are their bits.</summary>
    public byte[] Bytes { get; }

    /// <summary>Number of elements.</summary>
    public int Count => checked((int)Shape.Count);

    /// <summary>Copies <paramref name="values"/>; the element type follows from <typeparamref name="T"/>.</summary>
    public static Tensor Of<T>(Shape shape, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ElementType type = default(T) switch
        {
            float => ElementType.Float32,
            double => ElementType.Float64,
            Half => ElementType.Float16,
            long => ElementType.Int64,
            int => ElementType.Int32,
            short => ElementType.Int16,
            sbyte => ElementType.Int8,
            ulong => ElementType.UInt64,
            uint => ElementType.UInt32,
            ushort => ElementType.UInt16,
            byte => ElementType.UInt8,
            bool => ElementType.Bool,
            _ => throw new NotSupportedException(typeof(T).Name),
        };
        return new Tensor(type, shape, MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>A rank-0 tensor.</summary>
    public static Tensor Scalar<T>(T value)
        where T : unmanaged => Of<T>(Shape.Scalar, [value]);

    /// <summary>A rank-1 tensor.</summary>
    public static Tensor Vector<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => Of(new Shape(values.Length), values);

    /// <summary>The content as <typeparamref name="T"/>, whose size must be the element's.</summary>
    public Span<T> As<T>()
        where T : unmanaged
    {
        if (Marshal.SizeOf(default(T) is bool ? typeof(byte) : typeof(T)) != Type.Size())
        {
            throw new InvalidOperationException($"{Type.Text()} read as {typeof(T).Name}.");
        }

        return MemoryMarshal.Cast<byte, T>(Bytes.AsSpan());
    }

    /// <summary>Element <paramref name="index"/> as a double (integers beyond 2^53 are rounded).</summary>
    public double GetDouble(int index) => Type switch
    {
        ElementType.Float32 => As<float>()[index],
        ElementType.Float64 => As<double>()[index],
        ElementType.Float16 => (double)As<Half>()[index],
        ElementType.BFloat16 => BitConverter.Int32BitsToSingle(As<ushort>()[index] << 16),
        ElementType.UInt64 => As<ulong>()[index],
        _ => GetInt64(index),
    };

    /// <summary>Element <paramref name="index"/> of an integer or Bool tensor.</summary>
    public long GetInt64(int index) => Type switch
    {
        ElementType.Int64 => As<long>()[index],
        ElementType.Int32 => As<int>()[index],
        ElementType.Int16 => As<short>()[index],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => As<sbyte>()[index],
        ElementType.UInt64 => checked((long)As<ulong>()[index]),
        ElementType.UInt32 => As<uint>()[index],
        ElementType.UInt16 => As<ushort>()[index],
        ElementType.UInt8 or ElementType.Bool or ElementType.UInt4 or ElementType.UInt2 => Bytes[index],
        _ => throw new InvalidOperationException($"{Type.Text()} read as an integer."),
    };

    /// <summary>All elements of an integer tensor (shapes, axes, indices).</summary>
    public long[] ToInt64Array()
    {
        var result = new long[Count];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = GetInt64(i);
        }

        return result;
    }

    /// <summary>The same content under another shape of the same count; shares the bytes.</summary>
    public Tensor Reshaped(Shape shape) => new(Type, shape, Bytes);

    /// <summary>True when type, shape and every bit agree.</summary>
    public bool ContentEquals(Tensor other) => Type == other.Type && Shape == other.Shape && Bytes.AsSpan().SequenceEqual(other.Bytes);
}
