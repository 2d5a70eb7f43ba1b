using PruneCompiler.IR;

namespace PruneCompiler.Tests.Testing;

/// <summary>Random networks of quantised layers: dequantise, operator, quantise, as converters write them, or the QLinear operators given directly.</summary>
internal sealed class QuantizedNetwork
{
    private readonly OnnxBuilder model = new OnnxBuilder(17).With(m => m.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 }));
    private readonly Random random;
    private readonly bool operators;
    private readonly ElementType type;
    private readonly double? zeros;
    private int names;

    private QuantizedNetwork(int seed, bool operators, double? zeros)
    {
        random = new Random(seed);
        (this.operators, this.zeros) = (operators, zeros);
        type = random.Next(2) == 0 ? ElementType.Int8 : ElementType.UInt8;
    }

    /// <summary>A value with its parameters' names.</summary>
    private sealed record Quantized(string Name, string Scale, string Zero, float Step, int[] Shape);

    /// <summary>A network of convolutions (also depthwise, in groups, with strides and padding), sums, pools and a matrix product at the end.</summary>
    /// <param name="seed">What varies.</param>
    /// <param name="operators">QLinear operators instead of dequantise, operator, quantise.</param>
    /// <param name="zeros">Share of zeros among weights; null for another one in each layer.</param>
    public static OnnxBuilder Convolutional(int seed, bool operators, double? zeros = null)
    {
        var net = new QuantizedNetwork(seed, operators, zeros);
        int[] shape = [net.random.Next(1, 3), net.Pick(1, 3, 4, 8, 13), net.random.Next(5, 14), net.random.Next(5, 14)];
        net.model.Input("x", net.type, Array.ConvertAll(shape, d => (object?)d));
        Quantized value = net.Parameters("x", 0.02f, shape);
        for (int layer = 0; layer < 4; layer++)
        {
            Quantized before = value;
            value = net.Convolution(value);
            if (value.Shape.SequenceEqual(before.Shape) && net.random.Next(2) == 0)
            {
                value = net.Binary(net.random.Next(4) == 0 ? "Mul" : "Add", before, value);
            }

            if (net.random.Next(4) == 0 && value.Shape[2] > 3 && value.Shape[3] > 3 && !net.operators)
            {
                value = net.MaxPool(value);
            }
        }

        value = net.GlobalAveragePool(value);
        string flat = net.Name("flat");
        net.model.Node("Flatten", [value.Name], [flat]);
        value = net.MatMul(value with { Name = flat, Shape = [value.Shape[0], value.Shape[1]] });
        net.model.Output(value.Name, net.type);
        return net.model;
    }

    private Quantized Convolution(Quantized x)
    {
        int channels = x.Shape[1], kind = random.Next(4);
        int group = kind == 0 ? channels : kind == 1 && channels % 2 == 0 ? 2 : 1;
        int filters = group == channels ? channels * (random.Next(3) == 0 ? 2 : 1) : group * random.Next(1, 24);
        filters = random.Next(3) == 0 && kind == 3 ? channels : filters;
        int[] kernel = [Math.Min(random.Next(1, 4), x.Shape[2]), Math.Min(random.Next(1, 6), x.Shape[3])];
        int[] strides = [random.Next(1, 3), random.Next(1, 3)], pads = [random.Next(kernel[0]), random.Next(kernel[1]), random.Next(kernel[0]), random.Next(kernel[1])];
        if (kind >= 2)
        {
            (strides, pads) = ([1, 1], [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2, kernel[0] / 2, kernel[1] / 2]); // the size stays
        }

        int[] shape = [x.Shape[0], filters, 1 + ((x.Shape[2] + pads[0] + pads[2] - kernel[0]) / strides[0]), 1 + ((x.Shape[3] + pads[1] + pads[3] - kernel[1]) / strides[1])];
        (string, object)[] attributes = [("kernel_shape", kernel), ("strides", strides), ("pads", pads), ("group", group)];
        int terms = channels / group * kernel[0] * kernel[1];
        (string w, string scale, string zero, float[] steps) = Weights([filters, channels / group, .. kernel], 0, terms);
        string bias = Name("bias");
        model.Initializer(bias, Tensor.Vector<int>(Enumerable.Range(0, filters).Select(_ => random.Next(-3000, 3000)).ToArray()));
        Quantized y = Parameters(Name("conv"), x.Step * steps.Max() * 60 * MathF.Sqrt(terms) * 40 / 100, shape);
        if (operators)
        {
            model.Node("QLinearConv", [x.Name, x.Scale, x.Zero, w, scale, zero, y.Scale, y.Zero, bias], [y.Name], attributes);
            return y;
        }

        string biasScale = Name("scale"), real = Name("real");
        model.Initializer(biasScale, Tensor.Vector<float>(steps.Select(s => s * x.Step).ToArray()));
        model.Node("Conv", [Real(x), Dequantized(w, scale, zero, steps.Length > 1 ? 0 : -1), Dequantized(bias, biasScale, null, steps.Length > 1 ? 0 : -1)], [real], attributes);
        return Quantise(Activated(real), y);
    }

    private Quantized MatMul(Quantized x)
    {
        int inputs = x.Shape[1], outputs = random.Next(1, 40);
        (string w, string scale, string zero, float[] steps) = Weights([inputs, outputs], 1, inputs);
        Quantized y = Parameters(Name("product"), x.Step * steps.Max() * 25 * MathF.Sqrt(inputs), [x.Shape[0], outputs]);
        if (operators)
        {
            model.Node("QLinearMatMul", [x.Name, x.Scale, x.Zero, w, scale, zero, y.Scale, y.Zero], [y.Name]);
            return y;
        }

        string real = Name("real");
        model.Node("MatMul", [Real(x), Dequantized(w, scale, zero, steps.Length > 1 ? 1 : -1)], [real]);
        return Quantise(Activated(real), y);
    }

    private Quantized Binary(string name, Quantized a, Quantized b)
    {
        Quantized y = Parameters(Name("binary"), name == "Add" ? a.Step + b.Step : a.Step * b.Step * 100, a.Shape);
        if (operators)
        {
            model.Node("com.microsoft", "QLinear" + name, [a.Name, a.Scale, a.Zero, b.Name, b.Scale, b.Zero, y.Scale, y.Zero], [y.Name]);
            return y;
        }

        string real = Name("real");
        model.Node(name, [Real(a), Real(b)], [real]);
        return Quantise(Activated(real), y);
    }

    private Quantized GlobalAveragePool(Quantized x)
    {
        Quantized y = Parameters(Name("mean"), x.Step * 0.6f, [x.Shape[0], x.Shape[1], 1, 1]);
        if (operators)
        {
            model.Node("com.microsoft", "QLinearGlobalAveragePool", [x.Name, x.Scale, x.Zero, y.Scale, y.Zero], [y.Name], ("channels_last", 0));
            return y;
        }

        string real = Name("real");
        model.Node("GlobalAveragePool", [Real(x)], [real]);
        return Quantise(real, y);
    }

    private Quantized MaxPool(Quantized x)
    {
        Quantized y = x with { Name = Name("max"), Shape = [x.Shape[0], x.Shape[1], (x.Shape[2] - 1) / 2, (x.Shape[3] - 1) / 2] };
        string real = Name("real");
        model.Node("MaxPool", [Real(x)], [real], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }));
        return Quantise(real, y);
    }

    private Quantized Quantise(string real, Quantized y)
    {
        model.Node("QuantizeLinear", [real, y.Scale, y.Zero], [y.Name]);
        return y;
    }

    private string Activated(string real)
    {
        if (random.Next(2) == 0)
        {
            return real;
        }

        string result = Name("relu");
        model.Node("Relu", [real], [result]);
        return result;
    }

    private string Real(Quantized x) => Dequantized(x.Name, x.Scale, x.Zero, -1);

    private string Dequantized(string whole, string scale, string? zero, int axis)
    {
        string real = Name("real");
        string[] inputs = zero is null ? [whole, scale] : [whole, scale, zero];
        model.Node("DequantizeLinear", inputs, [real], axis < 0 ? [] : [("axis", axis)]);
        return real;
    }

    // Weights of a layer: some of them zero, some filters zero as a whole; one scale, or one for each output channel.
    private (string Whole, string Scale, string Zero, float[] Steps) Weights(int[] dims, int channelAxis, int terms)
    {
        bool unsigned = type == ElementType.UInt8 && random.Next(3) == 0, perChannel = random.Next(2) == 0;
        int channels = dims[channelAxis], count = dims.Aggregate((a, b) => a * b), inner = dims.Skip(channelAxis + 1).Aggregate(1, (a, b) => a * b);
        int zero = unsigned ? random.Next(100, 150) : 0;
        double zeros = this.zeros ?? (random.Next(3) * 0.4);
        bool[] dead = Enumerable.Range(0, channels).Select(_ => random.Next(5) == 0).ToArray();
        var bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int weight = dead[i / inner % channels] || random.NextDouble() < zeros ? 0 : random.Next(-128, 128);
            bytes[i] = unsigned ? (byte)Math.Clamp(weight + zero, 0, 255) : (byte)weight;
        }

        float[] steps = Enumerable.Range(0, perChannel ? channels : 1).Select(_ => 0.002f + (0.01f * random.NextSingle())).ToArray();
        string name = Name("weights"), scale = Name("scale"), zeroName = Name("zero");
        ElementType kind = unsigned ? ElementType.UInt8 : ElementType.Int8;
        model.Initializer(name, new Tensor(kind, new Shape(dims), bytes));
        model.Initializer(scale, perChannel ? Tensor.Vector<float>(steps) : Tensor.Scalar(steps[0]));
        model.Initializer(zeroName, new Tensor(kind, perChannel ? new Shape(channels) : Shape.Scalar, Enumerable.Repeat((byte)zero, perChannel ? channels : 1).ToArray()));
        return (name, scale, zeroName, steps);
    }

    private Quantized Parameters(string name, float step, int[] shape)
    {
        string scale = Name("scale"), zero = Name("zero");
        int point = random.Next(3) == 0 ? 0 : random.Next(-128, 128);
        model.Initializer(scale, Tensor.Scalar(step));
        model.Initializer(zero, type == ElementType.Int8 ? Tensor.Scalar((sbyte)point) : Tensor.Scalar((byte)(point + 128)));
        return new Quantized(name, scale, zero, step, shape);
    }

    private int Pick(params int[] from) => from[random.Next(from.Length)];

    private string Name(string stem) => $"{stem}_{names++}";
}
