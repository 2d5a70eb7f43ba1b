using PruneCompiler.IR;

namespace PruneCompiler.Tests.Testing;

/// <summary>ResNet-50 (He et al., 2015; BatchNormalization folded) with seeded random weights: 25.5 million of them, 102 MB.</summary>
internal static class ResNet50
{
    /// <summary>Makes it with a share of its weights at zero.</summary>
    public static OnnxBuilder Make(double sparsity, int seed = 1)
    {
        var net = new Builder(sparsity, seed);
        string x = net.Conv("input", 3, 64, 7, 2, relu: true);
        x = net.Node("MaxPool", [x], ("kernel_shape", new long[] { 3, 3 }), ("strides", new long[] { 2, 2 }), ("pads", new long[] { 1, 1, 1, 1 }));
        int channels = 64;
        foreach ((int blocks, int width, int firstStride) in new[] { (3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2) })
        {
            for (int block = 0; block < blocks; block++)
            {
                int stride = block == 0 ? firstStride : 1;
                string y = net.Conv(x, channels, width, 1, 1, relu: true);
                y = net.Conv(y, width, width, 3, stride, relu: true);
                y = net.Conv(y, width, 4 * width, 1, 1, relu: false);
                string skip = block == 0 ? net.Conv(x, channels, 4 * width, 1, stride, relu: false) : x;
                x = net.Node("Relu", [net.Node("Add", [y, skip])]);
                channels = 4 * width;
            }
        }

        x = net.Node("Flatten", [net.Node("GlobalAveragePool", [x])]);
        net.Gemm(x, channels, 1000);
        return net.Model;
    }

    private sealed class Builder(double sparsity, int seed)
    {
        private readonly Random random = new(seed);
        private int names;

        public OnnxBuilder Model { get; } = new OnnxBuilder().Input("input", 1, 3, 224, 224);

        public string Conv(string input, int from, int to, int kernel, int stride, bool relu)
        {
            (string w, string b) = Weights([to, from, kernel, kernel], from * kernel * kernel);
            long pad = kernel / 2;
            string y = Node("Conv", [input, w, b], ("strides", new long[] { stride, stride }), ("pads", new[] { pad, pad, pad, pad }));
            return relu ? Node("Relu", [y]) : y;
        }

        public void Gemm(string input, int from, int to)
        {
            (string w, string b) = Weights([to, from], from);
            Model.Node("Gemm", [input, w, b], ["logits"], ("transB", 1L)).Output("logits");
        }

        public string Node(string operatorName, string[] inputs, params (string Name, object Value)[] attributes)
        {
            string y = $"y{++names}";
            Model.Node(operatorName, inputs, [y], attributes);
            return y;
        }

        private (string Weights, string Bias) Weights(int[] dims, int fanIn)
        {
            string name = $"w{++names}";
            float scale = MathF.Sqrt(6f / fanIn / (float)Math.Max(0.05, 1 - sparsity));
            var shape = new Shape(dims);
            var tensor = new Tensor(ElementType.Float32, shape);
            foreach (ref float w in tensor.As<float>())
            {
                w = random.NextDouble() < sparsity ? 0 : ((2 * random.NextSingle()) - 1) * scale;
            }

            Model.Initializer(name, tensor).Initializer(name + "b", [dims[0]], [.. Enumerable.Range(0, dims[0]).Select(_ => random.NextSingle() - 0.5f)]);
            return (name, name + "b");
        }
    }
}
