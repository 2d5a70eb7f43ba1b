using Google.Protobuf;
using Onnx;
using PruneCompiler.IR;
using Kind = Onnx.AttributeProto.Types.AttributeType;

namespace PruneCompiler.Tests.Testing;

/// <summary>Makes ONNX models in code: <c>new OnnxBuilder(17).Input("x", 1, 4).Node("Relu", ["x"], ["y"]).Output("y")</c>.</summary>
public sealed class OnnxBuilder
{
    private int nodes;

    /// <summary>An empty model of an opset (IR version 8).</summary>
    public OnnxBuilder(int opset = 17)
    {
        Model = new ModelProto { IrVersion = 8, ProducerName = "OnnxBuilder", Graph = new GraphProto { Name = "graph" } };
        Model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
    }

    /// <summary>The message, for what the builder has no word for.</summary>
    public ModelProto Model { get; }

    /// <summary>The graph's message.</summary>
    public GraphProto Graph => Model.Graph;

    /// <summary>Adds a float input of fixed dimensions.</summary>
    public OnnxBuilder Input(string name, params int[] dims) => Input(name, ElementType.Float32, Array.ConvertAll(dims, d => (object)d));

    /// <summary>Adds an input; a dimension is an int, the name of a symbol, or null for unknown.</summary>
    public OnnxBuilder Input(string name, ElementType type, params object?[] dims)
    {
        Graph.Input.Add(Info(name, type, dims));
        return this;
    }

    /// <summary>Adds an output without a declared type beyond its element type.</summary>
    public OnnxBuilder Output(string name, ElementType type = ElementType.Float32)
    {
        Graph.Output.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } });
        return this;
    }

    /// <summary>Adds an output with a declared shape.</summary>
    public OnnxBuilder Output(string name, ElementType type, params object?[] dims)
    {
        Graph.Output.Add(Info(name, type, dims));
        return this;
    }

    /// <summary>Adds a constant.</summary>
    public OnnxBuilder Initializer(string name, Tensor tensor)
    {
        Graph.Initializer.Add(Proto(tensor, name));
        return this;
    }

    /// <summary>Adds a float constant.</summary>
    public OnnxBuilder Initializer(string name, int[] dims, params float[] values) => Initializer(name, Tensor.Of<float>(new Shape(dims), values));

    /// <summary>Adds an int64 vector.</summary>
    public OnnxBuilder Initializer(string name, params long[] values) => Initializer(name, Tensor.Vector<long>(values));

    /// <summary>Adds a node; attributes are int, long, float, string, their arrays, Tensor or GraphProto.</summary>
    public OnnxBuilder Node(string operatorName, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) =>
        Node("", operatorName, inputs, outputs, attributes);

    /// <summary>Adds a node of another domain.</summary>
    public OnnxBuilder Node(string domain, string operatorName, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        Graph.Node.Add(MakeNode($"{operatorName}_{nodes++}", domain, operatorName, inputs, outputs, attributes));
        return this;
    }

    /// <summary>Changes the message in place.</summary>
    public OnnxBuilder With(Action<OnnxBuilder> change)
    {
        change(this);
        return this;
    }

    /// <summary>The file's content.</summary>
    public byte[] ToBytes() => Model.ToByteArray();

    /// <summary>Writes the file.</summary>
    public string Save(string path)
    {
        File.WriteAllBytes(path, ToBytes());
        return path;
    }

    /// <summary>A node by itself, for subgraphs and functions.</summary>
    public static NodeProto MakeNode(string name, string domain, string operatorName, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { Name = name, Domain = domain, OpType = operatorName };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes.Select(a => Attribute(a.Name, a.Value)));
        return node;
    }

    /// <summary>A subgraph.</summary>
    public static GraphProto Subgraph(string name, ValueInfoProto[] inputs, ValueInfoProto[] outputs, params NodeProto[] nodes)
    {
        var graph = new GraphProto { Name = name };
        graph.Input.Add(inputs);
        graph.Output.Add(outputs);
        graph.Node.Add(nodes);
        return graph;
    }

    /// <summary>The declaration of a value; a dimension is an int, the name of a symbol, or null for unknown.</summary>
    public static ValueInfoProto Info(string name, ElementType type, params object?[] dims)
    {
        var shape = new TensorShapeProto();
        foreach (object? dim in dims)
        {
            shape.Dim.Add(dim switch
            {
                null => new TensorShapeProto.Types.Dimension(),
                string symbol => new TensorShapeProto.Types.Dimension { DimParam = symbol },
                _ => new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dim) },
            });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    /// <summary>A tensor's message, with its content as raw data.</summary>
    public static TensorProto Proto(Tensor tensor, string name = "")
    {
        var proto = new TensorProto { Name = name, DataType = (int)tensor.Type, RawData = ByteString.CopyFrom(Pack(tensor)) };
        proto.Dims.Add(tensor.Shape.Dims.ToArray().Select(d => (long)d));
        return proto;
    }

    /// <summary>An attribute's message.</summary>
    public static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case int or long or bool:
                (attribute.Type, attribute.I) = (Kind.Int, Convert.ToInt64(value));
                break;
            case float f:
                (attribute.Type, attribute.F) = (Kind.Float, f);
                break;
            case string s:
                (attribute.Type, attribute.S) = (Kind.String, ByteString.CopyFromUtf8(s));
                break;
            case Tensor tensor:
                (attribute.Type, attribute.T) = (Kind.Tensor, Proto(tensor));
                break;
            case SparseTensorProto sparse:
                (attribute.Type, attribute.SparseTensor) = (Kind.SparseTensor, sparse);
                break;
            case GraphProto graph:
                (attribute.Type, attribute.G) = (Kind.Graph, graph);
                break;
            case int[] ints:
                attribute.Type = Kind.Ints;
                attribute.Ints.Add(ints.Select(i => (long)i));
                break;
            case long[] longs:
                attribute.Type = Kind.Ints;
                attribute.Ints.Add(longs);
                break;
            case float[] floats:
                attribute.Type = Kind.Floats;
                attribute.Floats.Add(floats);
                break;
            case string[] strings:
                attribute.Type = Kind.Strings;
                attribute.Strings.Add(strings.Select(ByteString.CopyFromUtf8));
                break;
            default:
                throw new NotSupportedException(value.GetType().Name);
        }

        return attribute;
    }

    // The file packs sub-byte elements, low end first.
    private static byte[] Pack(Tensor tensor)
    {
        int per = tensor.Type switch
        {
            ElementType.Int4 or ElementType.UInt4 or ElementType.Float4E2M1 => 2,
            ElementType.Int2 or ElementType.UInt2 => 4,
            _ => 1,
        };
        if (per == 1)
        {
            return tensor.Bytes;
        }

        int bits = 8 / per;
        var packed = new byte[(tensor.Count + per - 1) / per];
        for (int i = 0; i < tensor.Count; i++)
        {
            packed[i / per] |= (byte)((tensor.Bytes[i] & ((1 << bits) - 1)) << (i % per * bits));
        }

        return packed;
    }
}
