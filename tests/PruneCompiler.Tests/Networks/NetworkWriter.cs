using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

/// <summary>Writes networks the way exporters do: one node after the other, weights as initializers, names made up.</summary>
internal sealed class NetworkWriter(int opset = 17, int seed = 1, ElementType type = ElementType.Float32)
{
    private readonly Random random = new(seed);
    private int count;

    /// <summary>The model so far.</summary>
    public OnnxBuilder Model { get; } = new(opset);

    /// <summary>Element type of inputs and weights.</summary>
    public ElementType Type => type;

    /// <summary>Share of zeros in the weights that are made from here on.</summary>
    public double Zeros { get; set; }

    /// <summary>An input of the network's own type; a dimension is an int or the name of a symbol.</summary>
    public string Input(string name, params object?[] dims) => Input(name, type, dims);

    /// <summary>An input.</summary>
    public string Input(string name, ElementType of, params object?[] dims)
    {
        Model.Input(name, of, dims);
        return name;
    }

    /// <summary>A node with one output.</summary>
    public string Op(string name, string[] inputs, params (string Name, object Value)[] attributes) => Ops(name, 1, inputs, attributes)[0];

    /// <summary>A node without attributes.</summary>
    public string Op(string name, params string[] inputs) => Ops(name, 1, inputs)[0];

    /// <summary>A node.</summary>
    public string[] Ops(string name, int outputs, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string[] results = Enumerable.Range(0, outputs).Select(_ => $"/{name}_{count++}_output").ToArray();
        Model.Node(name, inputs, results, attributes);
        return results;
    }

    /// <summary>Uniform weights, small enough for the sums of a layer to stay near 1.</summary>
    public string Weights(params int[] shape) => Weights(Math.Sqrt(3.0 / Math.Max(1, new Shape(shape[(shape.Length > 1 ? 1 : 0)..]).Count)), shape);

    /// <summary>Uniform weights up to a magnitude.</summary>
    public string Weights(double magnitude, params int[] shape) => Constant(new Shape(shape), () => random.NextDouble() < Zeros ? 0 : ((random.NextDouble() * 2) - 1) * magnitude);

    /// <summary>Positive numbers around 1.</summary>
    public string Positive(params int[] shape) => Constant(new Shape(shape), () => 0.5 + random.NextDouble());

    /// <summary>A scalar of the network's type.</summary>
    public string Number(double value) => Constant(Shape.Scalar, () => value);

    /// <summary>An int64 vector.</summary>
    public string Longs(params long[] values) => Constant(Tensor.Vector<long>(values));

    /// <summary>An int64 scalar.</summary>
    public string Long(long value) => Constant(Tensor.Scalar(value));

    /// <summary>An initializer.</summary>
    public string Constant(Tensor tensor)
    {
        string name = $"onnx::Constant_{count++}";
        Model.Initializer(name, tensor);
        return name;
    }

    /// <summary>A graph output.</summary>
    public NetworkWriter Output(string value, ElementType? of = null)
    {
        Model.Output(value, of ?? type);
        return this;
    }

    // ---- layers as exporters write them ----

    /// <summary>y = x W + b as torch exports it for more than two axes: MatMul, then Add.</summary>
    public string Linear(string x, int inputs, int outputs) => Op("Add", Weights(0.1, outputs), Op("MatMul", x, Weights(Math.Sqrt(3.0 / inputs), inputs, outputs)));

    /// <summary>A convolution with bias, square.</summary>
    public string Conv(string x, int inputs, int outputs, int kernel = 3, int stride = 1, int group = 1, int? pad = null)
    {
        int p = pad ?? kernel / 2;
        return Op("Conv", [x, Weights(outputs, inputs / group, kernel, kernel), Weights(0.1, outputs)], ("kernel_shape", new[] { kernel, kernel }), ("strides", new[] { stride, stride }), ("pads", new[] { p, p, p, p }), ("group", group), ("dilations", new[] { 1, 1 }));
    }

    /// <summary>Batch normalisation of an image.</summary>
    public string BatchNorm(string x, int channels) => Op("BatchNormalization", [x, Positive(channels), Weights(0.1, channels), Weights(0.1, channels), Positive(channels)], ("epsilon", 1e-5f));

    /// <summary>LayerNorm over the last axis, taken apart as exporters before opset 17 did.</summary>
    public string LayerNorm(string x, int width)
    {
        (string, object)[] axes = [("axes", new[] { -1 })];
        string mean = opset < 18 ? Op("ReduceMean", [x], axes) : Op("ReduceMean", x, Longs(-1));
        string centred = Op("Sub", x, mean), square = Op("Pow", centred, Number(2));
        string variance = opset < 18 ? Op("ReduceMean", [square], axes) : Op("ReduceMean", square, Longs(-1));
        string normal = Op("Div", centred, Op("Sqrt", Op("Add", variance, Number(1e-5))));
        return Op("Add", Op("Mul", normal, Positive(width)), Weights(0.1, width));
    }

    /// <summary>GELU by the error function, taken apart.</summary>
    public string Gelu(string x) => Op("Mul", Op("Mul", x, Op("Add", Op("Erf", Op("Div", x, Number(Math.Sqrt(2)))), Number(1))), Number(0.5));

    /// <summary>GELU by tanh, as GPT-2 writes it.</summary>
    public string GeluTanh(string x)
    {
        string inner = Op("Mul", Op("Add", x, Op("Mul", Op("Pow", x, Number(3)), Number(0.044715))), Number(Math.Sqrt(2 / Math.PI)));
        return Op("Mul", Op("Mul", x, Number(0.5)), Op("Add", Op("Tanh", inner), Number(1)));
    }

    /// <summary>x * sigmoid(x).</summary>
    public string Silu(string x) => Op("Mul", x, Op("Sigmoid", x));

    /// <summary>One element of a value's shape, as an int64 scalar.</summary>
    public string Dim(string x, int axis) => Op("Gather", [Op("Shape", x), Long(axis)], ("axis", 0));

    /// <summary>A shape put together from scalars and numbers, as torch's tracing writes it.</summary>
    public string ShapeOf(params object[] dims) => Op("Concat", [.. dims.Select(d => d is string s ? Op("Unsqueeze", s, Longs(0)) : Longs(Convert.ToInt64(d)))], ("axis", 0));

    /// <summary>Multi-head attention with the shapes computed from those of the operands.</summary>
    /// <param name="x">Queries [batch, tokens, width].</param>
    /// <param name="memory">Keys and values [batch, tokens, width].</param>
    /// <param name="width">Features.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="mask">What is added to the scores; null for nothing.</param>
    public string Attention(string x, string memory, int width, int heads, string? mask = null)
    {
        string Heads(string of, params int[] order) =>
            Op("Transpose", [Op("Reshape", Linear(of, width, width), ShapeOf(Dim(of, 0), Dim(of, 1), heads, width / heads))], ("perm", order));
        string scores = Op("Div", Op("MatMul", Heads(x, 0, 2, 1, 3), Heads(memory, 0, 2, 3, 1)), Number(Math.Sqrt(width / heads)));
        string weights = Op("Softmax", [mask is null ? scores : Op("Add", scores, mask)], ("axis", -1));
        string joined = Op("Transpose", [Op("MatMul", weights, Heads(memory, 0, 2, 1, 3))], ("perm", new[] { 0, 2, 1, 3 }));
        return Linear(Op("Reshape", joined, ShapeOf(Dim(joined, 0), Dim(joined, 1), width)), width, width);
    }

    /// <summary>Compares the network in both extreme ways of compiling with ONNX Runtime and the reference evaluator.</summary>
    public void Check(double tolerance = 1e-4, IReadOnlyDictionary<string, Tensor>? inputs = null) => Differential.Check(Model, tolerance, inputs: inputs, ways: Differential.Extremes);

    private string Constant(Shape shape, Func<double> value)
    {
        var tensor = new Tensor(type, shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            Numbers.WriteFloat(tensor, i, value());
        }

        return Constant(tensor);
    }
}
