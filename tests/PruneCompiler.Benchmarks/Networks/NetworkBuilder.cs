using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>Layers with seeded weights, pruned as a <see cref="Sparsity"/> says. BatchNormalization counts as folded into the convolutions, as exporters leave it.</summary>
internal sealed class NetworkBuilder(Sparsity sparsity, int opset = 17)
{
    private readonly Random random = new(20);
    private int count;

    /// <summary>The model so far.</summary>
    public OnnxBuilder Model { get; } = new(opset);

    /// <summary>Adds a node with a fresh output name.</summary>
    public string Node(string operatorName, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string y = $"{operatorName.ToLowerInvariant()}{count++}";
        Model.Node(operatorName, inputs, [y], attributes);
        return y;
    }

    /// <summary>Convolution with bias, and Relu unless told otherwise.</summary>
    public string Conv(string x, int inputs, int outputs, int kernel, int stride = 1, int group = 1, string? activation = "Relu", int? kernelWidth = null, int[]? pads = null)
    {
        int width = kernelWidth ?? kernel;
        string w = Weights([outputs, inputs / group, kernel, width], prunable: group == 1 || group != inputs, depthwise: group == inputs);
        string y = Node("Conv", [x, w, Bias(outputs)], ("kernel_shape", new[] { kernel, width }), ("strides", new[] { stride, stride }), ("pads", pads ?? [kernel / 2, width / 2, kernel / 2, width / 2]), ("group", group));
        return activation switch
        {
            null => y,
            "Relu6" => Node("Clip", [y, Scalar(0), Scalar(6)]),
            _ => Node(activation, [y]),
        };
    }

    /// <summary>Fully connected layer, weights [outputs, inputs].</summary>
    public string Dense(string x, int inputs, int outputs, bool relu, bool last = false)
    {
        string y = Node("Gemm", [x, Weights([outputs, inputs], prunable: true, keepFilters: last), Bias(outputs, keep: last)], ("transB", 1));
        return relu ? Node("Relu", [y]) : y;
    }

    /// <summary>Projection of tokens, weights [inputs, outputs], and a bias.</summary>
    public string Project(string x, int inputs, int outputs, bool keepUnits = false)
    {
        string y = Node("MatMul", [x, Weights([inputs, outputs], prunable: true, outputAxis: 1, keepFilters: keepUnits)]);
        return Node("Add", [y, Bias(outputs, keepUnits)]);
    }

    /// <summary>Weights of any shape; the mask follows the sparsity.</summary>
    public string Weights(int[] dims, bool prunable, int outputAxis = 0, bool keepFilters = false, bool depthwise = false)
    {
        var tensor = new Tensor(ElementType.Float32, new Shape(dims));
        Span<float> values = tensor.As<float>();
        int outputs = dims[outputAxis], perOutput = values.Length / outputs, step = outputAxis == 0 ? 1 : outputs;
        float scale = MathF.Sqrt(2f / perOutput);
        for (int o = 0; o < outputs; o += sparsity.BlockRows)
        {
            int rows = Math.Min(sparsity.BlockRows, outputs - o);
            for (int i = 0; i < perOutput; i++)
            {
                bool zero = prunable && !depthwise && random.NextDouble() < sparsity.Zeros;
                for (int r = o; r < o + rows; r++)
                {
                    int at = outputAxis == 0 ? (r * perOutput) + i : (i * step) + r;
                    values[at] = zero || (sparsity.HalfTheFilters && !keepFilters && r % 2 == 1) ? 0 : (float)Normal() * scale;
                }
            }
        }

        return Constant(tensor);
    }

    /// <summary>A bias; zero where the filter is.</summary>
    public string Bias(int length, bool keep = false)
    {
        var tensor = new Tensor(ElementType.Float32, new Shape(length));
        for (int i = 0; i < length; i++)
        {
            tensor.As<float>()[i] = sparsity.HalfTheFilters && !keep && i % 2 == 1 ? 0 : (float)Normal() * 0.1f;
        }

        return Constant(tensor);
    }

    /// <summary>A vector of one value.</summary>
    public string Vector(int length, float value)
    {
        var tensor = new Tensor(ElementType.Float32, new Shape(length));
        tensor.As<float>().Fill(value);
        return Constant(tensor);
    }

    /// <summary>A float constant without axes.</summary>
    public string Scalar(float value) => Constant(Tensor.Scalar(value));

    /// <summary>An int64 vector.</summary>
    public string Int64s(params long[] values) => Constant(Tensor.Vector<long>(values));

    private string Constant(Tensor tensor)
    {
        string name = $"c{count++}";
        Model.Initializer(name, tensor);
        return name;
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
