using PruneCompiler.IR;

namespace PruneCompiler.Tests.Testing;

/// <summary>Small random convolutional networks with random sparsity: branches, residual adds, concatenations, pools, dead and constant channels.</summary>
internal sealed class RandomNetwork
{
    private readonly Random random;
    private readonly OnnxBuilder model = new();
    private readonly List<(string Name, int Channels, int Size)> values = [];
    private int count;

    private RandomNetwork(int seed) => random = new Random(seed);

    /// <summary>The network of a seed.</summary>
    public static OnnxBuilder Make(int seed)
    {
        var network = new RandomNetwork(seed);
        network.Build();
        return network.model;
    }

    private void Build()
    {
        int channels = random.Next(1, 5), size = random.Next(7, 21);
        model.Input("x", 1, channels, size, size);
        values.Add(("x", channels, size));
        int layers = random.Next(3, 9);
        for (int i = 0; i < layers; i++)
        {
            switch (random.Next(8))
            {
                case 0:
                    Join();
                    break;
                case 1:
                    Pool();
                    break;
                case 2:
                    Activation();
                    break;
                default:
                    Convolution();
                    break;
            }
        }

        (string last, int width, _) = values[^1];
        string pooled = Node("GlobalAveragePool", [last]), flat = Node("Flatten", [pooled]);
        int classes = random.Next(1, 12);
        string w = Weights("w", [classes, width], random.NextDouble()), b = Weights("b", [classes], 0);
        model.Node("Gemm", [flat, w, b], ["y"], ("transB", 1)).Output("y").Output(last);
    }

    private void Convolution()
    {
        (string input, int channels, int size) = values[random.Next(Math.Max(0, values.Count - 3), values.Count)];
        int kernel = Math.Min(size, random.Next(1, 5)), stride = random.Next(3) == 0 ? 2 : 1, outputs = random.Next(1, 20), group = 1;
        if (random.Next(5) == 0)
        {
            (outputs, group) = (channels, channels); // depthwise
        }

        int pad = random.Next(0, ((kernel - 1) / 2) + 1);
        string w = Weights("w", [outputs, channels / group, kernel, kernel], random.NextDouble(), deadOutputs: random.Next(2) == 0);
        string b = Weights("b", [outputs], random.Next(2) == 0 ? 0.3 : 1);
        string y = Node("Conv", [input, w, b], ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }), ("group", group));
        values.Add((y, outputs, ((size + (2 * pad) - kernel) / stride) + 1));
        if (random.Next(2) == 0)
        {
            Activation();
        }
    }

    private void Activation()
    {
        (string input, int channels, int size) = values[^1];
        string y = random.Next(4) switch
        {
            0 => Node("Sigmoid", [input]),
            1 => Node("LeakyRelu", [input], ("alpha", 0.1f)),
            _ => Node("Relu", [input]),
        };
        values.Add((y, channels, size));
    }

    private void Pool()
    {
        (string input, int channels, int size) = values[^1];
        if (size < 4)
        {
            return;
        }

        string y = random.Next(2) == 0
            ? Node("MaxPool", [input], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }))
            : Node("AveragePool", [input], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }), ("count_include_pad", random.Next(2)));
        values.Add((y, channels, ((size + 2 - 3) / 2) + 1));
    }

    private void Join()
    {
        (string a, int channels, int size) = values[^1];
        List<(string Name, int Channels, int Size)> others = values.Where(v => v.Size == size && v.Name != a).ToList();
        if (others.Count == 0)
        {
            return;
        }

        (string b, int more, _) = others[random.Next(others.Count)];
        values.Add(more == channels ? (Node("Add", [a, b]), channels, size) : (Node("Concat", [a, b], ("axis", 1)), channels + more, size));
    }

    private string Node(string operatorName, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string y = $"v{count++}";
        model.Node(operatorName, inputs, [y], attributes);
        return y;
    }

    private string Weights(string stem, int[] dims, double zeros, bool deadOutputs = false)
    {
        var tensor = new Tensor(ElementType.Float32, new Shape(dims));
        int perOutput = tensor.Count / dims[0];
        for (int o = 0; o < dims[0]; o++)
        {
            bool dead = deadOutputs && random.Next(3) == 0;
            for (int i = 0; i < perOutput; i++)
            {
                float value = (random.NextSingle() - 0.5f) * 2;
                tensor.As<float>()[(o * perOutput) + i] = dead || random.NextDouble() < zeros ? 0 : value;
            }
        }

        string name = $"{stem}{count++}";
        model.Initializer(name, tensor);
        return name;
    }
}
