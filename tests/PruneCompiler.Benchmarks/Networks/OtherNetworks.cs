using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>Fully connected, recurrent and transformer networks with random weights.</summary>
internal static class OtherNetworks
{
    /// <summary>LeNet-300-100 (LeCun et al. 1998): 784 pixels, 10 classes.</summary>
    public static OnnxBuilder LeNet300(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        net.Model.Input("image", 1, 784);
        string x = net.Dense("image", 784, 300, relu: true);
        x = net.Dense(x, 300, 100, relu: true);
        return net.Model.Output(net.Dense(x, 100, 10, relu: false, last: true));
    }

    /// <summary>One GRU layer: 16 steps of 256 values, hidden size 256, batch 1.</summary>
    public static OnnxBuilder Gru(Sparsity sparsity) => Recurrent(sparsity, "GRU", 3);

    /// <summary>One LSTM layer: 16 steps of 256 values, hidden size 256, batch 1.</summary>
    public static OnnxBuilder Lstm(Sparsity sparsity) => Recurrent(sparsity, "LSTM", 4);

    /// <summary>Four encoder layers (Vaswani et al. 2017): 64 tokens, width 256, 4 heads, feed-forward 1024, Gelu.</summary>
    public static OnnxBuilder Transformer(Sparsity sparsity)
    {
        const int Tokens = 64, Width = 256, Heads = 4, Hidden = 1024;
        var net = new NetworkBuilder(sparsity, opset: 20);
        net.Model.Input("tokens", 1, Tokens, Width);
        string x = "tokens";
        for (int layer = 0; layer < 4; layer++)
        {
            string n = Normalise(net, x, Width);
            string q = Split(net, net.Project(n, Width, Width), [0, 2, 1, 3]), k = Split(net, net.Project(n, Width, Width), [0, 2, 3, 1]), v = Split(net, net.Project(n, Width, Width), [0, 2, 1, 3]);
            string scores = net.Node("Mul", [net.Node("MatMul", [q, k]), net.Scalar(1 / MathF.Sqrt(Width / Heads))]);
            string mixed = net.Node("Transpose", [net.Node("MatMul", [net.Node("Softmax", [scores], ("axis", -1)), v])], ("perm", new[] { 0, 2, 1, 3 }));
            string joined = net.Node("Reshape", [mixed, net.Int64s(1, Tokens, Width)]);
            x = net.Node("Add", [x, net.Project(joined, Width, Width, keepUnits: true)]);
            string up = net.Node("Gelu", [net.Project(Normalise(net, x, Width), Width, Hidden)]);
            x = net.Node("Add", [x, net.Project(up, Hidden, Width, keepUnits: true)]);
        }

        return net.Model.Output(x);

        string Split(NetworkBuilder to, string value, int[] order) =>
            to.Node("Transpose", [to.Node("Reshape", [value, to.Int64s(1, Tokens, Heads, Width / Heads)])], ("perm", order));
    }

    private static string Normalise(NetworkBuilder net, string x, int width) => net.Node("LayerNormalization", [x, net.Vector(width, 1), net.Vector(width, 0)], ("axis", -1));

    private static OnnxBuilder Recurrent(Sparsity sparsity, string cell, int gates)
    {
        const int Steps = 16, Hidden = 256;
        var net = new NetworkBuilder(sparsity);
        net.Model.Input("frames", Steps, 1, Hidden);
        string w = Directed(net, gates), r = Directed(net, gates);
        string y = net.Node(cell, ["frames", w, r], ("hidden_size", Hidden));
        return net.Model.Output(y);

        static string Directed(NetworkBuilder to, int gates) =>
            to.Node("Unsqueeze", [to.Weights([gates * Hidden, Hidden], prunable: true), to.Int64s(0)]);
    }
}
