using Google.Protobuf;
using Onnx;
using PruneCompiler.Cli.Files;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

/// <summary>
/// Quantises float networks in the forms that ONNX Runtime's quantiser writes: dequantise and quantise around operators, with ranges measured by a run, or
/// products whose activations are quantised in each run.
/// </summary>
internal sealed class QuantizingWriter
{
    private readonly OnnxBuilder model;
    private readonly ElementType activations;
    private readonly ElementType weights;
    private readonly bool perChannel;
    private readonly Dictionary<string, (float Low, float High)> ranges = [];
    private readonly Dictionary<string, (string Scale, string Zero)> parameters = [];
    private readonly Dictionary<string, string> done = [];
    private readonly Dictionary<string, float[]> scales = [];
    private int count;

    private QuantizingWriter(OnnxBuilder model, ElementType activations, ElementType weights, bool perChannel)
    {
        (this.model, this.activations, this.weights, this.perChannel) = (model, activations, weights, perChannel);
    }

    /// <summary>Writes every operand of the named operators, and their results, as quantised and dequantised again.</summary>
    /// <param name="net">The float network; changed in place.</param>
    /// <param name="activations">Element type of activations.</param>
    /// <param name="weights">Element type of weights (signed types have no zero point).</param>
    /// <param name="perChannel">One scale for each output channel of a weight.</param>
    /// <param name="operators">Which operators; none for all that have float operands.</param>
    public static OnnxBuilder Qdq(OnnxBuilder net, ElementType activations, ElementType weights, bool perChannel, params string[] operators)
    {
        var writer = new QuantizingWriter(net, activations, weights, perChannel);
        writer.Measure();
        writer.WriteQdq(operators);
        return net;
    }

    /// <summary>Makes MatMulInteger and ConvInteger of products with constant weights, their activations quantised in each run.</summary>
    public static OnnxBuilder Dynamic(OnnxBuilder net, ElementType weights, bool perChannel)
    {
        new QuantizingWriter(net, ElementType.UInt8, weights, perChannel).WriteDynamic();
        return net;
    }

    private static bool Signed(ElementType type) => type is ElementType.Int8 or ElementType.Int16;

    private void Measure()
    {
        OnnxBuilder all = new();
        all.Model.MergeFrom(model.Model);
        all.Graph.Output.Clear();
        Graph graph = Load(model);
        var random = new Random(77);
        Dictionary<string, Tensor> given = graph.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
        string[] names = [.. model.Graph.Node.SelectMany(n => n.Output).Where(o => o.Length > 0)];
        foreach (string name in names)
        {
            all.Graph.Output.Add(new ValueInfoProto { Name = name });
        }

        Tensor[] values = OnnxRuntimeOracle.Run(all.ToBytes(), given);
        foreach ((string name, Tensor value) in names.Zip(values).Concat(given.Select(g => (g.Key, g.Value))))
        {
            if (value.Type == ElementType.Float32 && value.Count > 0)
            {
                ranges[name] = (Math.Min(0, value.As<float>().ToArray().Min()), Math.Max(0, value.As<float>().ToArray().Max()));
            }
        }
    }

    private void WriteQdq(string[] operators)
    {
        NodeProto[] nodes = [.. model.Graph.Node];
        HashSet<string> outputs = [.. model.Graph.Output.Select(o => o.Name)];
        model.Graph.Node.Clear();
        bool Chosen(NodeProto node) => operators.Length == 0 ? node.Output.All(ranges.ContainsKey) : operators.Contains(node.OpType);
        foreach (NodeProto node in nodes)
        {
            bool chosen = Chosen(node);
            string first = node.Input.Count > 0 ? node.Input[0] : "";
            if (chosen && node.OpType is "Conv" or "Gemm" && node.Input.Count == 3 && ranges.ContainsKey(first) && model.Graph.Initializer.FirstOrDefault(t => t.Name == node.Input[2]) is { } bias)
            {
                node.Input[1] = Operand(node, 1);
                node.Input[2] = Bias(first, node.Input[1], bias);
            }

            // The bounds of an activation become those of the bytes: nothing is quantised in front of it.
            NodeProto[] readers = [.. nodes.Where(n => n.Input.Contains(node.Output[0]))];
            bool bounded = operators.Length > 0 && node.OpType is "Conv" or "Gemm" or "MatMul" or "Add" && readers is [{ OpType: "Relu" or "Clip" } activation] && Chosen(activation) && !outputs.Contains(node.Output[0]);
            for (int i = 0; chosen && i < node.Input.Count; i++)
            {
                node.Input[i] = Operand(node, i);
            }

            model.Graph.Node.Add(node);
            for (int i = 0; chosen && !bounded && i < node.Output.Count; i++)
            {
                string name = node.Output[i];
                if (ranges.ContainsKey(name))
                {
                    // Readers keep the name; what the node writes is renamed.
                    string real = node.Output[i] = $"{name}_real";
                    (string scale, string zero) = Parameters(name);
                    model.Node("QuantizeLinear", [real, scale, zero], [$"{name}_quantised"]);
                    model.Node("DequantizeLinear", [$"{name}_quantised", scale, zero], [name]);
                }
            }
        }
    }

    // Inputs of the graph are quantised where they are read; constants become integers.
    private string Operand(NodeProto node, int input)
    {
        string name = node.Input[input];
        if (name.Length == 0 || done.TryGetValue(name, out string? known))
        {
            return name.Length == 0 ? name : done[name];
        }

        if (model.Graph.Initializer.FirstOrDefault(t => t.Name == name) is { } constant)
        {
            bool weight = constant.Dims.Count > 1 && node.OpType is "Conv" or "MatMul" or "Gemm" or "ConvTranspose";
            bool bias = input == 2 && node.OpType is "Conv" or "Gemm" or "Clip";
            return constant.DataType != 1 || (constant.Dims.Count < 2 && !weight) || bias ? name : done[name] = Weight(node, constant);
        }

        if (!ranges.ContainsKey(name) || model.Graph.Input.All(i => i.Name != name))
        {
            return name;
        }

        (string scale, string zero) = Parameters(name);
        model.Node("QuantizeLinear", [name, scale, zero], [$"{name}_quantised"]);
        model.Node("DequantizeLinear", [$"{name}_quantised", scale, zero], [$"{name}_again"]);
        return done[name] = $"{name}_again";
    }

    // int32 with the scale of the products.
    private string Bias(string x, string w, TensorProto constant)
    {
        if (!scales.TryGetValue(w, out float[]? steps))
        {
            return constant.Name;
        }

        Parameters(x);
        (float low, float high) = ranges[x];
        float step = Fit(activations, low, high, symmetric: false).Scale;
        float[] values = Values(constant), factors = Array.ConvertAll(steps, s => s * step);
        string stem = $"{constant.Name}_{count++}", real = $"{stem}_real";
        int[] whole = [.. values.Select((v, i) => (int)Math.Clamp(Math.Round((double)v / factors[i % factors.Length]), -1e9, 1e9))];
        model.Initializer($"{stem}_quantized", Tensor.Vector<int>(whole)).Initializer($"{stem}_scale", factors.Length == 1 ? Tensor.Scalar(factors[0]) : Tensor.Vector<float>(factors));
        model.Node("DequantizeLinear", [$"{stem}_quantized", $"{stem}_scale"], [real], factors.Length == 1 ? [] : [("axis", 0)]);
        return real;
    }

    private static float[] Values(TensorProto constant)
    {
        Graph graph = Load(new OnnxBuilder(17).With(m => m.Graph.Initializer.Add(constant)).Node("Identity", [constant.Name], ["y"]).Output("y"));
        return ReferenceEvaluator.Run(graph, new Dictionary<string, Tensor>())[0].As<float>().ToArray();
    }

    private string Weight(NodeProto node, TensorProto constant)
    {
        int axis = ChannelAxis(node);
        (string whole, string scale, string zero, bool many) = Integers(constant, axis, perChannel && axis < constant.Dims.Count);
        string real = $"{constant.Name}_real";
        scales[real] = Values(model.Graph.Initializer.First(t => t.Name == scale));
        model.Node("DequantizeLinear", [whole, scale, zero], [real], many ? [("axis", axis)] : []);
        return real;
    }

    private static int ChannelAxis(NodeProto node) =>
        node.OpType == "MatMul" || (node.OpType == "Gemm" && node.Attribute.All(a => a.Name != "transB" || a.I == 0)) ? 1 : 0;

    private (string Whole, string Scale, string Zero, bool Many) Integers(TensorProto constant, int axis, bool many)
    {
        Graph graph = Load(new OnnxBuilder(17).With(m => m.Graph.Initializer.Add(constant)).Node("Identity", [constant.Name], ["y"]).Output("y"));
        Tensor real = ReferenceEvaluator.Run(graph, new Dictionary<string, Tensor>())[0];
        int channels = many ? real.Shape[axis] : 1, inner = many ? (int)real.Shape.Count / (real.Shape.Dims[..(axis + 1)].ToArray().Aggregate((a, b) => a * b)) : 1;
        float[] values = real.As<float>().ToArray();
        int Channel(int i) => many ? i / inner % channels : 0;
        float[] low = new float[channels], high = new float[channels];
        for (int i = 0; i < values.Length; i++)
        {
            int c = Channel(i);
            (low[c], high[c]) = (Math.Min(low[c], values[i]), Math.Max(high[c], values[i]));
        }

        (float Scale, int Zero)[] chosen = [.. low.Zip(high).Select(r => Fit(weights, r.First, r.Second, symmetric: Signed(weights)))];
        var whole = new Tensor(weights, real.Shape);
        (int least, int most) = Limits(weights);
        for (int i = 0; i < values.Length; i++)
        {
            (float scale, int zero) = chosen[Channel(i)];
            Numbers.WriteFloat(whole, i, Math.Clamp(MathF.Round(values[i] / scale) + zero, least, most));
        }

        var zeros = new Tensor(weights, many ? new Shape(channels) : Shape.Scalar);
        for (int i = 0; i < zeros.Count; i++)
        {
            Numbers.WriteFloat(zeros, i, chosen[i].Zero);
        }

        string stem = $"{constant.Name}_{count++}";
        float[] scales = [.. chosen.Select(c => c.Scale)];
        model.Initializer($"{stem}_quantized", whole).Initializer($"{stem}_scale", many ? Tensor.Vector<float>(scales) : Tensor.Scalar(scales[0])).Initializer($"{stem}_zero_point", zeros);
        return ($"{stem}_quantized", $"{stem}_scale", $"{stem}_zero_point", many);
    }

    private (string Scale, string Zero) Parameters(string name)
    {
        if (!parameters.TryGetValue(name, out (string, string) known))
        {
            (float low, float high) = ranges[name];
            (float scale, int zero) = Fit(activations, low, high, symmetric: false);
            var point = new Tensor(activations, Shape.Scalar);
            Numbers.WriteFloat(point, 0, zero);
            model.Initializer($"{name}_scale", Tensor.Scalar(scale)).Initializer($"{name}_zero_point", point);
            parameters[name] = known = ($"{name}_scale", $"{name}_zero_point");
        }

        return known;
    }

    private static (int Least, int Most) Limits(ElementType type) => type switch
    {
        ElementType.Int8 => (-128, 127),
        ElementType.UInt8 => (0, 255),
        ElementType.Int16 => (-32768, 32767),
        _ => (0, 65535),
    };

    private static (float Scale, int Zero) Fit(ElementType type, float low, float high, bool symmetric)
    {
        (int least, int most) = Limits(type);
        if (symmetric)
        {
            return (Math.Max(1e-6f, Math.Max(-low, high) / most), 0);
        }

        float scale = Math.Max(1e-6f, (high - low) / (most - least));
        return (scale, (int)Math.Clamp(MathF.Round(least - (low / scale)), least, most));
    }

    private void WriteDynamic()
    {
        NodeProto[] nodes = [.. model.Graph.Node];
        model.Graph.Node.Clear();
        var quantised = new Dictionary<string, string>();
        foreach (NodeProto node in nodes)
        {
            TensorProto? w = node.OpType is "MatMul" or "Conv" ? model.Graph.Initializer.FirstOrDefault(t => t.Name == node.Input[1]) : null;
            if (w is null)
            {
                model.Graph.Node.Add(node);
                continue;
            }

            string x = node.Input[0], stem = $"{node.Output[0]}_{count++}";
            if (!quantised.TryGetValue(x, out string? q))
            {
                quantised[x] = q = $"{x}_{count++}";
                model.Node("DynamicQuantizeLinear", [x], [$"{q}_quantized", $"{q}_scale", $"{q}_zero_point"]);
            }

            bool conv = node.OpType == "Conv", bias = conv && node.Input.Count > 2;
            (string whole, string scale, string zero, bool _) = Integers(w, 1, perChannel && !conv);
            NodeProto product = OnnxBuilder.MakeNode($"{stem}_quant", "", conv ? "ConvInteger" : "MatMulInteger", [$"{q}_quantized", whole, $"{q}_zero_point", zero], [$"{stem}_integers"]);
            product.Attribute.Add(node.Attribute);
            model.Graph.Node.Add(product);
            model.Node("Cast", [$"{stem}_integers"], [$"{stem}_cast"], ("to", 1));
            model.Node("Mul", [$"{q}_scale", scale], [$"{stem}_scales"]);
            model.Node("Mul", [$"{stem}_cast", $"{stem}_scales"], [bias ? $"{stem}_scaled" : node.Output[0]]);
            if (bias)
            {
                model.Initializer($"{stem}_shape", 1, -1, 1, 1).Node("Reshape", [node.Input[2], $"{stem}_shape"], [$"{stem}_bias"]);
                model.Node("Add", [$"{stem}_scaled", $"{stem}_bias"], [node.Output[0]]);
            }
        }
    }

    private static Graph Load(OnnxBuilder net)
    {
        using var folder = new TemporaryFolder();
        return OnnxImporter.Load(net.Save(folder.File("net.onnx")), new CompileOptions()).Graph;
    }
}
