using Google.Protobuf;
using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

public class TensorReaderTests
{
    public static TheoryData<ElementType> NumberTypes => [.. Enum.GetValues<ElementType>().Where(t => t is not (ElementType.Undefined or ElementType.String))];

    [Theory]
    [MemberData(nameof(NumberTypes))]
    public void RawDataOfEveryTypeIsRead(ElementType type)
    {
        Tensor tensor = Sample(type);

        Assert.True(tensor.ContentEquals(Read(OnnxBuilder.Proto(tensor))));
    }

    [Theory]
    [MemberData(nameof(NumberTypes))]
    public void TypedDataOfEveryTypeIsRead(ElementType type)
    {
        Tensor tensor = Sample(type);
        TensorProto proto = OnnxBuilder.Proto(tensor);
        proto.ClearRawData();
        Fill(proto, tensor);

        Assert.True(tensor.ContentEquals(Read(proto)));
    }

    [Theory]
    [MemberData(nameof(NumberTypes))]
    public void ShortRawDataIsRefused(ElementType type)
    {
        TensorProto proto = OnnxBuilder.Proto(Sample(type));
        proto.RawData = ByteString.CopyFrom(proto.RawData.Span[1..]);

        Assert.Equal("PRUNE0002", Error(proto));
    }

    [Theory]
    [MemberData(nameof(NumberTypes))]
    public void MissingDataIsRefused(ElementType type)
    {
        TensorProto proto = OnnxBuilder.Proto(Sample(type));
        proto.ClearRawData();

        Assert.Equal("PRUNE0002", Error(proto));
    }

    [Theory]
    [InlineData(ElementType.Int4, new byte[] { 0x8F, 0x07 }, new sbyte[] { -1, -8, 7 })]
    [InlineData(ElementType.UInt4, new byte[] { 0x8F, 0x07 }, new sbyte[] { 15, 8, 7 })]
    [InlineData(ElementType.Int2, new byte[] { 0b_11_10_01_00 }, new sbyte[] { 0, 1, -2 })]
    [InlineData(ElementType.UInt2, new byte[] { 0b_11_10_01_00 }, new sbyte[] { 0, 1, 2 })]
    public void SubByteElementsAreUnpackedFromTheLowEnd(ElementType type, byte[] raw, sbyte[] expected)
    {
        var proto = new TensorProto { DataType = (int)type, RawData = ByteString.CopyFrom(raw) };
        proto.Dims.Add(3);

        Assert.Equal(expected, Read(proto).As<sbyte>().ToArray());
    }

    [Fact]
    public void BooleansAreZeroOrOne()
    {
        var proto = new TensorProto { DataType = (int)ElementType.Bool, RawData = ByteString.CopyFrom(0, 1, 2, 255) };
        proto.Dims.Add(4);

        Assert.Equal(new byte[] { 0, 1, 1, 1 }, Read(proto).Bytes);
    }

    [Fact]
    public void StringsAreNotSupported() => Assert.Equal("PRUNE0008", Error(new TensorProto { DataType = (int)ElementType.String }));

    [Fact]
    public void UnknownTypeIsMalformed() => Assert.Equal("PRUNE0002", Error(new TensorProto { DataType = 99 }));

    [Theory]
    [InlineData(new long[] { -1 }, "PRUNE0002")]
    [InlineData(new long[] { 1L << 40 }, "PRUNE0009")]
    [InlineData(new long[] { 1L << 20, 1L << 20, 1L << 20, 1L << 20 }, "PRUNE0009")]
    [InlineData(new long[] { 0, long.MaxValue, long.MaxValue }, "PRUNE0009")]
    public void ImpossibleDimensionsAreRefused(long[] dims, string id)
    {
        var proto = new TensorProto { DataType = (int)ElementType.Float32 };
        proto.Dims.Add(dims);

        Assert.Equal(id, Error(proto));
    }

    [Fact]
    public void SparseTensorsAreMadeDense()
    {
        var sparse = new SparseTensorProto { Values = OnnxBuilder.Proto(Tensor.Vector(5f, 7f)), Indices = OnnxBuilder.Proto(Tensor.Vector(1L, 5L)) };
        sparse.Dims.Add([2, 3]);
        Assert.Equal([0f, 5, 0, 0, 0, 7], new TensorReader(".").Read(sparse, null).As<float>().ToArray());

        sparse.Indices = OnnxBuilder.Proto(Tensor.Of<long>(new Shape(2, 2), [0, 2, 1, 0]));
        Assert.Equal([0f, 0, 5, 7, 0, 0], new TensorReader(".").Read(sparse, null).As<float>().ToArray());

        sparse.Indices = OnnxBuilder.Proto(Tensor.Of<long>(new Shape(2, 2), [0, 3, 1, 0]));
        Assert.Throws<CompileException>(() => new TensorReader(".").Read(sparse, null));
    }

    // Seven elements, so that packed types end within a byte.
    private static Tensor Sample(ElementType type)
    {
        var tensor = new Tensor(type, new Shape(7, 1));
        new Random(5).NextBytes(tensor.Bytes);
        for (int i = 0; i < tensor.Bytes.Length; i++)
        {
            tensor.Bytes[i] = type switch
            {
                ElementType.Bool => (byte)(tensor.Bytes[i] & 1),
                ElementType.UInt4 or ElementType.Float4E2M1 => (byte)(tensor.Bytes[i] & 15),
                ElementType.Int4 => (byte)((tensor.Bytes[i] & 15) - 8),
                ElementType.UInt2 => (byte)(tensor.Bytes[i] & 3),
                ElementType.Int2 => (byte)((tensor.Bytes[i] & 3) - 2),
                _ => (byte)(tensor.Bytes[i] & 0x3F), // no NaN, whose bits need not survive a conversion
            };
        }

        return tensor;
    }

    private static void Fill(TensorProto proto, Tensor tensor)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                proto.FloatData.Add(tensor.As<float>().ToArray());
                break;
            case ElementType.Complex64:
                proto.FloatData.Add(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.Bytes).ToArray());
                break;
            case ElementType.Float64 or ElementType.Complex128:
                proto.DoubleData.Add(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(tensor.Bytes).ToArray());
                break;
            case ElementType.Int64:
                proto.Int64Data.Add(tensor.As<long>().ToArray());
                break;
            case ElementType.UInt64:
                proto.Uint64Data.Add(tensor.As<ulong>().ToArray());
                break;
            case ElementType.UInt32:
                proto.Uint64Data.Add(tensor.As<uint>().ToArray().Select(v => (ulong)v));
                break;
            case ElementType.Float16 or ElementType.BFloat16:
                proto.Int32Data.Add(tensor.As<ushort>().ToArray().Select(v => (int)v));
                break;
            case ElementType.Int4 or ElementType.UInt4 or ElementType.Float4E2M1 or ElementType.Int2 or ElementType.UInt2:
                proto.Int32Data.Add(OnnxBuilder.Proto(tensor).RawData.ToByteArray().Select(b => (int)b));
                break;
            default:
                proto.Int32Data.Add(tensor.Type.IsInteger() ? tensor.ToInt64Array().Select(v => (int)v) : tensor.Bytes.Select(b => (int)b));
                break;
        }
    }

    private static Tensor Read(TensorProto proto) => new TensorReader(".").Read(proto, null);

    private static string Error(TensorProto proto) => Assert.Throws<CompileException>(() => Read(proto)).Diagnostics.Single().Id;
}
