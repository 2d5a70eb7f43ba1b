using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace VoiceActivity.Training;

/// <summary>Writes the trained network as ONNX: samples and state in, probability and next state out.</summary>
internal static class ModelWriter
{
    /// <summary>The file's content.</summary>
    /// <param name="gru">The trained unit.</param>
    /// <param name="hidden">Its width.</param>
    /// <param name="shift">What is subtracted from each band's logarithm.</param>
    /// <param name="scale">What it is multiplied with then.</param>
    public static byte[] Write(Gru gru, int hidden, float[] shift, float[] scale)
    {
        var graph = new GraphProto { Name = "speech" };
        graph.Input.Add([Info("frame", 1, FilterBank.Frame), Info("state", 1, 1, hidden)]);
        graph.Output.Add([Info("speech", 1, 1), Info("nextState", 1, 1, hidden)]);
        Span<float> weights = gru.Weights;
        graph.Initializer.Add(
        [
            Tensor("transform", Flat(FilterBank.Transform), FilterBank.Frame, 2 * FilterBank.Bins),
            Tensor("mel", Flat(FilterBank.Mel), FilterBank.Bins, FilterBank.Bands),
            Tensor("floor", [FilterBank.Floor], 1), Tensor("shift", shift, FilterBank.Bands), Tensor("scale", scale, FilterBank.Bands),
            Tensor("W", weights[gru.W..gru.R], 1, 3 * hidden, FilterBank.Bands), Tensor("R", weights[gru.R..gru.Wb], 1, 3 * hidden, hidden),
            Tensor("B", weights[gru.Wb..gru.V], 1, 6 * hidden), Tensor("V", weights[gru.V..^1], 1, hidden), Tensor("d", weights[^1..], 1),
            Longs("halves", FilterBank.Bins, FilterBank.Bins), Longs("sequence", 0), Longs("row", 1, hidden),
        ]);
        graph.Node.Add(
        [
            Node("MatMul", ["frame", "transform"], ["spectrum"]),
            Node("Mul", ["spectrum", "spectrum"], ["squares"]),
            Node("Split", ["squares", "halves"], ["real", "imaginary"], ("axis", 1)),
            Node("Add", ["real", "imaginary"], ["power"]),
            Node("MatMul", ["power", "mel"], ["bands"]),
            Node("Log", ["floored"], ["logarithms"]),
            Node("Sub", ["logarithms", "shift"], ["centred"]),
            Node("Mul", ["centred", "scale"], ["features"]),
            Node("Unsqueeze", ["features", "sequence"], ["step"]),
            Node("GRU", ["step", "W", "R", "B", "", "state"], ["", "nextState"], ("hidden_size", hidden), ("linear_before_reset", 1)),
            Node("Reshape", ["nextState", "row"], ["hidden"]),
            Node("Gemm", ["hidden", "V", "d"], ["logit"], ("transB", 1)),
            Node("Sigmoid", ["logit"], ["speech"]),
        ]);
        graph.Node.Insert(5, Node("Add", ["bands", "floor"], ["floored"]));
        var model = new ModelProto { IrVersion = 8, ProducerName = "VoiceActivity.Training", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model.ToByteArray();
    }

    private static NodeProto Node(string op, string[] inputs, string[] outputs, params (string Name, long Value)[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = op + "_" + outputs[^1] };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes.Select(a => new AttributeProto { Name = a.Name, Type = AttributeProto.Types.AttributeType.Int, I = a.Value }));
        return node;
    }

    private static ValueInfoProto Info(string name, params long[] dims)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } } };
    }

    private static TensorProto Tensor(string name, ReadOnlySpan<float> content, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = 1, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(content)) };
        tensor.Dims.Add(dims);
        return tensor;
    }

    private static TensorProto Longs(string name, params long[] content)
    {
        var tensor = new TensorProto { Name = name, DataType = 7, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(content)) };
        tensor.Dims.Add(content.Length);
        return tensor;
    }

    private static float[] Flat(float[,] matrix) => [.. matrix.Cast<float>()];
}
