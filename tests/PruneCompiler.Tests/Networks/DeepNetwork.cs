using PruneCompiler.IR;

namespace PruneCompiler.Tests.Networks;

/// <summary>Networks of any number of nodes: convolutional blocks first, then transformer blocks with everything taken apart.</summary>
internal static class DeepNetwork
{
    /// <summary>A network of at least <paramref name="nodes"/> nodes of a few channels.</summary>
    public static NetworkWriter Make(int nodes)
    {
        const int Width = 16;
        var net = new NetworkWriter(17) { Zeros = 0.7 };
        string x = net.Op("Relu", net.Conv(net.Input("x", 1, 3, 16, 16), 3, Width, 3, 2));
        while (net.Model.Graph.Node.Count < nodes / 2)
        {
            string y = net.Op("Relu", net.BatchNorm(net.Conv(x, Width, Width), Width));
            x = net.Op("Relu", net.Op("Add", x, net.BatchNorm(net.Conv(y, Width, Width, 1), Width)));
        }

        x = net.Op("Transpose", [net.Op("Reshape", x, net.Longs(1, Width, 64))], ("perm", new[] { 0, 2, 1 }));
        while (net.Model.Graph.Node.Count < nodes)
        {
            x = net.LayerNorm(net.Op("Add", x, net.Attention(x, x, Width, 2)), Width);
            x = net.LayerNorm(net.Op("Add", x, net.Linear(net.Gelu(net.Linear(x, Width, 32)), 32, Width)), Width);
        }

        return net.Output(net.Linear(x, Width, 4), ElementType.Float32);
    }
}
