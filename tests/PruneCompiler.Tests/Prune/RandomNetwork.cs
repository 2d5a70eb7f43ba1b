using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Random small networks of convolutions with branches, in which filters, channels, scales and biases are zero at random.</summary>
internal sealed class RandomNetwork
{
    private readonly Random random;
    private readonly OnnxBuilder builder = new(13);
    private readonly List<(string Name, int Channels, int Size)> values = [];
    private readonly double dead;
    private int count;

    private RandomNetwork(int seed, double? share)
    {
        random = new Random(seed);
        dead = random.NextDouble() * 0.7;
        dead = share ?? dead;
    }

    /// <summary>Makes a network.</summary>
    /// <param name="seed">Of everything that is random.</param>
    /// <param name="dead">Share of filters, scales and biases that are zero; random when left out.</param>
    public static OnnxBuilder Make(int seed, double? dead = null) => new RandomNetwork(seed, dead).Build();

    private OnnxBuilder Build()
    {
        builder.Input("x", 1, 3, 9, 9);
        values.Add(("x", 3, 9));
        for (int i = random.Next(3, 9); i >= 0; i--)
        {
            Action[] steps = [Convolution, Convolution, Convolution, Depthwise, Grouped, Normalisation, Activation, Activation, Pool, Residual, Residual, Concatenation, Gate, Slice, Transposed];
            steps[random.Next(steps.Length)]();
        }

        Head();
        return builder;
    }

    private (string Name, int Channels, int Size) Last => values[^1];

    private void Convolution()
    {
        int outputs = random.Next(2, 7), kernel = random.Next(2) * 2 + 1, pad = kernel == 3 && (random.Next(3) > 0 || Last.Size < 3) ? 1 : 0;
        int stride = random.Next(4) == 0 ? 2 : 1;
        AddConvolution(Last, outputs, kernel, pad, stride, 1);
    }

    private void Depthwise() => AddConvolution(Last, Last.Channels * random.Next(1, 3), 3, 1, 1, Last.Channels);

    private void Grouped()
    {
        int group = Enumerable.Range(1, Last.Channels).Last(g => Last.Channels % g == 0 && g <= 3);
        AddConvolution(Last, group * random.Next(1, 4), 1, 0, 1, group);
    }

    private void AddConvolution((string Name, int Channels, int Size) x, int outputs, int kernel, int pad, int stride, int group)
    {
        string w = Weights([outputs, x.Channels / group, kernel, kernel]), b = Vector(outputs), y = Fresh("conv");
        int size = ((x.Size + (2 * pad) - kernel) / stride) + 1;
        builder.Node("Conv", random.Next(4) == 0 ? [x.Name, w] : [x.Name, w, b], [y], ("group", group), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }));
        values.Add((y, outputs, size));
    }

    private void Normalisation()
    {
        string y = Fresh("bn");
        int c = Last.Channels;
        string variance = Fresh("variance");
        builder.Initializer(variance, [c], Enumerable.Range(0, c).Select(_ => 0.5f + random.NextSingle()).ToArray());
        builder.Node("BatchNormalization", [Last.Name, Vector(c), Vector(c), Vector(c), variance], [y]);
        values.Add((y, c, Last.Size));
    }

    private void Activation()
    {
        // None that cuts off: a channel that happens to be negative for every input would look like a constant.
        string[] names = ["LeakyRelu", "Sigmoid", "Softplus"];
        string y = Fresh("act");
        builder.Node(names[random.Next(names.Length)], [Last.Name], [y]);
        values.Add((y, Last.Channels, Last.Size));
    }

    private void Pool()
    {
        if (Last.Size < 4)
        {
            return;
        }

        string y = Fresh("pool");
        int pad = random.Next(2);
        (string Name, object Value)[] attributes = [("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { pad, pad, pad, pad })];
        builder.Node(random.Next(2) == 0 ? "MaxPool" : "AveragePool", [Last.Name], [y], attributes);
        if (builder.Graph.Node[^1].OpType == "AveragePool")
        {
            builder.Graph.Node[^1].Attribute.Add(new Onnx.AttributeProto { Name = "count_include_pad", I = random.Next(2), Type = Onnx.AttributeProto.Types.AttributeType.Int });
        }

        values.Add((y, Last.Channels, ((Last.Size + (2 * pad) - 3) / 2) + 1));
    }

    private void Residual()
    {
        (string Name, int Channels, int Size) x = Last;
        (string Name, int Channels, int Size) other = values.LastOrDefault(v => v.Size == x.Size && v.Name != x.Name);
        if (other.Name is null)
        {
            return;
        }

        if (other.Channels != x.Channels)
        {
            AddConvolution(other, x.Channels, 1, 0, 1, 1);
            other = Last;
        }

        string y = Fresh("sum");
        builder.Node(random.Next(4) == 0 ? "Mul" : "Add", [x.Name, other.Name], [y]);
        values.Add((y, x.Channels, x.Size));
    }

    private void Concatenation()
    {
        (string Name, int Channels, int Size) x = Last, other = values.First(v => v.Size == x.Size);
        string y = Fresh("cat");
        builder.Node("Concat", [x.Name, other.Name], [y], ("axis", 1));
        values.Add((y, x.Channels + other.Channels, x.Size));
    }

    private void Gate()
    {
        (string Name, int Channels, int Size) x = Last;
        string pooled = Fresh("mean"), gate = Fresh("gate"), y = Fresh("gated");
        builder.Node("GlobalAveragePool", [x.Name], [pooled]);
        AddConvolution((pooled, x.Channels, 1), x.Channels, 1, 0, 1, 1);
        builder.Node("Sigmoid", [Last.Name], [gate]);
        builder.Node("Mul", [x.Name, gate], [y]);
        values.Add((y, x.Channels, x.Size));
    }

    private void Slice()
    {
        (string Name, int Channels, int Size) x = Last;
        if (x.Channels < 3)
        {
            return;
        }

        string y = Fresh("slice"), starts = Fresh("starts"), ends = Fresh("ends"), axes = Fresh("axes");
        builder.Initializer(starts, 1L).Initializer(ends, (long)x.Channels).Initializer(axes, 1L);
        builder.Node("Slice", [x.Name, starts, ends, axes], [y]);
        values.Add((y, x.Channels - 1, x.Size));
    }

    private void Transposed()
    {
        string t = Fresh("moved"), a = Fresh("scaled"), y = Fresh("back");
        builder.Node("Transpose", [Last.Name], [t], ("perm", new[] { 0, 2, 3, 1 }));
        builder.Node("Mul", [t, Vector(Last.Channels)], [a]);
        builder.Node("Transpose", [a], [y], ("perm", new[] { 0, 3, 1, 2 }));
        values.Add((y, Last.Channels, Last.Size));
    }

    private void Head()
    {
        string flat = Fresh("flat"), y = Fresh("hidden");
        int features = Last.Channels * Last.Size * Last.Size, hidden = random.Next(2, 8);
        builder.Node("Flatten", [Last.Name], [flat]);
        builder.Node("Gemm", [flat, Weights([hidden, features]), Vector(hidden)], [y], ("transB", 1), ("alpha", 0.5f), ("beta", 2f));
        builder.Node("LeakyRelu", [y], ["t"]);
        builder.Node("MatMul", ["t", Weights([hidden, 4])], ["y"]);
        builder.Output("y");
    }

    private string Fresh(string stem) => $"{stem}{count++}";

    private float Number() => (random.NextSingle() - 0.4f) * 2;

    private string Vector(int length)
    {
        string name = Fresh("v");
        builder.Initializer(name, [length], Enumerable.Range(0, length).Select(_ => random.NextDouble() < dead ? 0 : Number()).ToArray());
        return name;
    }

    /// <summary>Weights [M, C, ...] (or [K, N]) with zero filters and zero columns.</summary>
    private string Weights(int[] dims)
    {
        int outer = dims[0], inner = dims[1], taps = dims.Skip(2).Aggregate(1, (a, b) => a * b);
        bool[] rows = Enumerable.Range(0, outer).Select(_ => random.NextDouble() < dead).ToArray();
        bool[] columns = Enumerable.Range(0, inner).Select(_ => random.NextDouble() < dead * 0.6).ToArray();
        var w = new float[outer * inner * taps];
        for (int i = 0; i < w.Length; i++)
        {
            w[i] = rows[i / taps / inner] || columns[i / taps % inner] ? 0 : Number();
        }

        string name = Fresh("w");
        builder.Initializer(name, dims, w);
        return name;
    }
}
