using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace PruneCompiler.Benchmarks;

/// <summary>One-layer ONNX models, written byte by byte, and ONNX Runtime sessions of them with one thread.</summary>
internal static class OnnxModels
{
    /// <summary>y[m, n] = Relu(x[m, k] * w + b), w stored [n][k] (transB = 1) as PyTorch exports it, or MatMul with w stored [k][n].</summary>
    public static OnnxLayer Gemm(int m, int k, int n, float[] weights, float[]? bias, bool transposed = true)
    {
        var nodes = new List<byte[]>();
        var initializers = new List<byte[]> { TensorOf("w", transposed ? [n, k] : [k, n], weights) };
        if (bias is null)
        {
            nodes.Add(NodeOf("MatMul", ["x", "w"], ["y"]));
        }
        else
        {
            initializers.Add(TensorOf("b", [n], bias));
            nodes.Add(NodeOf("Gemm", ["x", "w", "b"], ["h"], ("transB", transposed ? 1 : 0)));
            nodes.Add(NodeOf("Relu", ["h"], ["y"]));
        }

        return new OnnxLayer(Model(nodes, initializers, [("x", [m, k])], ("y", [m, n])), [m * k], m * n, [[m, k]]);
    }

    /// <summary>y = MatMul(a, b) of two activations of the same leading dimensions.</summary>
    public static OnnxLayer MatMul(int[] a, int[] b, int[] y) => new(
        Model([NodeOf("MatMul", ["x", "z"], ["y"])], [], [("x", a), ("z", b)], ("y", y)),
        [a.Aggregate(1, (p, q) => p * q), b.Aggregate(1, (p, q) => p * q)],
        y.Aggregate(1, (p, q) => p * q),
        [a, b]);

    private static byte[] Model(List<byte[]> nodes, List<byte[]> initializers, (string, int[])[] inputs, (string, int[]) output)
    {
        var graph = new MemoryStream();
        nodes.ForEach(n => Bytes(graph, 1, n));
        Bytes(graph, 2, "g"u8);
        initializers.ForEach(i => Bytes(graph, 5, i));
        foreach (var input in inputs)
        {
            Bytes(graph, 11, ValueOf(input));
        }

        Bytes(graph, 12, ValueOf(output));
        var opset = new MemoryStream();
        Number(opset, 2, 17);
        var model = new MemoryStream();
        Number(model, 1, 8);
        Bytes(model, 7, graph.ToArray());
        Bytes(model, 8, opset.ToArray());
        return model.ToArray();
    }

    private static byte[] NodeOf(string type, string[] inputs, string[] outputs, params (string Name, int Value)[] attributes)
    {
        var node = new MemoryStream();
        Array.ForEach(inputs, i => Bytes(node, 1, Encoding.UTF8.GetBytes(i)));
        Array.ForEach(outputs, o => Bytes(node, 2, Encoding.UTF8.GetBytes(o)));
        Bytes(node, 4, Encoding.UTF8.GetBytes(type));
        foreach (var (name, value) in attributes)
        {
            var attribute = new MemoryStream();
            Bytes(attribute, 1, Encoding.UTF8.GetBytes(name));
            Number(attribute, 3, value);
            Number(attribute, 20, 2);
            Bytes(node, 5, attribute.ToArray());
        }

        return node.ToArray();
    }

    private static byte[] TensorOf(string name, int[] dims, float[] values)
    {
        var tensor = new MemoryStream();
        Array.ForEach(dims, d => Number(tensor, 1, d));
        Number(tensor, 2, 1);
        Bytes(tensor, 8, Encoding.UTF8.GetBytes(name));
        Bytes(tensor, 9, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return tensor.ToArray();
    }

    private static byte[] ValueOf((string Name, int[] Dims) value)
    {
        var shape = new MemoryStream();
        foreach (var d in value.Dims)
        {
            var dim = new MemoryStream();
            Number(dim, 1, d);
            Bytes(shape, 1, dim.ToArray());
        }

        var tensor = new MemoryStream();
        Number(tensor, 1, 1);
        Bytes(tensor, 2, shape.ToArray());
        var type = new MemoryStream();
        Bytes(type, 1, tensor.ToArray());
        var info = new MemoryStream();
        Bytes(info, 1, Encoding.UTF8.GetBytes(value.Name));
        Bytes(info, 2, type.ToArray());
        return info.ToArray();
    }

    private static void Number(MemoryStream to, int field, long value)
    {
        Varint(to, (ulong)field << 3);
        Varint(to, (ulong)value);
    }

    private static void Bytes(MemoryStream to, int field, ReadOnlySpan<byte> value)
    {
        Varint(to, ((ulong)field << 3) | 2);
        Varint(to, (ulong)value.Length);
        to.Write(value);
    }

    private static void Varint(MemoryStream to, ulong value)
    {
        for (; value >= 128; value >>= 7)
        {
            to.WriteByte((byte)(value | 128));
        }

        to.WriteByte((byte)value);
    }
}

/// <summary>An ONNX Runtime session with its tensors bound once, so that a run costs as little as that runtime allows.</summary>
internal sealed class OnnxLayer
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly OrtValue[] values;
    private readonly OrtValue result;

    public OnnxLayer(byte[] model, int[] inputs, int output, int[][] shapes)
    {
        var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        session = new InferenceSession(model, options);
        Inputs = Array.ConvertAll(inputs, n => new float[n]);
        Output = new float[output];
        values = [.. Inputs.Select((v, i) => OrtValue.CreateTensorValueFromMemory(v, Array.ConvertAll(shapes[i], d => (long)d)))];
        var shape = session.OutputMetadata["y"].Dimensions;
        result = OrtValue.CreateTensorValueFromMemory(Output, Array.ConvertAll(shape, d => (long)d));
    }

    /// <summary>Fill these before a run.</summary>
    public float[][] Inputs { get; }

    /// <summary>What the last run gave.</summary>
    public float[] Output { get; }

    public void Run() => session.Run(run, session.InputNames, values, session.OutputNames, [result]);
}
