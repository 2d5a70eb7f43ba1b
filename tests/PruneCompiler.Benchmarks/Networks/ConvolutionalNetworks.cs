using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>Convolutional networks of the literature, with random weights.</summary>
internal static class ConvolutionalNetworks
{
    /// <summary>ResNet-50 for 224 x 224 (He et al. 2016; stride in the 3 x 3).</summary>
    public static OnnxBuilder ResNet50(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        string x = Stem(net);
        int channels = 64;
        foreach ((int width, int blocks, int firstStride) in new[] { (64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2) })
        {
            for (int i = 0; i < blocks; i++)
            {
                int stride = i == 0 ? firstStride : 1;
                string y = net.Conv(x, channels, width, 1);
                y = net.Conv(y, width, width, 3, stride);
                y = net.Conv(y, width, width * 4, 1, activation: null);
                string shortcut = i == 0 ? net.Conv(x, channels, width * 4, 1, stride, activation: null) : x;
                x = net.Node("Relu", [net.Node("Add", [y, shortcut])]);
                channels = width * 4;
            }
        }

        return Head(net, x, channels);
    }

    /// <summary>ResNet-18 for 224 x 224.</summary>
    public static OnnxBuilder ResNet18(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        string x = Stem(net);
        int channels = 64;
        foreach ((int width, int firstStride) in new[] { (64, 1), (128, 2), (256, 2), (512, 2) })
        {
            for (int i = 0; i < 2; i++)
            {
                int stride = i == 0 ? firstStride : 1;
                string y = net.Conv(x, channels, width, 3, stride);
                y = net.Conv(y, width, width, 3, activation: null);
                string shortcut = channels != width ? net.Conv(x, channels, width, 1, stride, activation: null) : x;
                x = net.Node("Relu", [net.Node("Add", [y, shortcut])]);
                channels = width;
            }
        }

        return Head(net, x, channels);
    }

    /// <summary>MobileNetV1 for 224 x 224 (Howard et al. 2017). Depthwise weights stay dense, as pruning methods leave them.</summary>
    public static OnnxBuilder MobileNetV1(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        net.Model.Input("image", 1, 3, 224, 224);
        string x = net.Conv("image", 3, 32, 3, 2);
        int channels = 32;
        foreach ((int outputs, int stride) in new[] { (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1) })
        {
            x = net.Conv(x, channels, channels, 3, stride, group: channels);
            x = net.Conv(x, channels, outputs, 1);
            channels = outputs;
        }

        return Head(net, x, channels);
    }

    /// <summary>MobileNetV2 for 224 x 224 (Sandler et al. 2018).</summary>
    public static OnnxBuilder MobileNetV2(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        net.Model.Input("image", 1, 3, 224, 224);
        string x = net.Conv("image", 3, 32, 3, 2, activation: "Relu6");
        int channels = 32;
        foreach ((int expand, int outputs, int repeat, int firstStride) in new[] { (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1) })
        {
            for (int i = 0; i < repeat; i++)
            {
                int stride = i == 0 ? firstStride : 1, hidden = channels * expand;
                string y = expand == 1 ? x : net.Conv(x, channels, hidden, 1, activation: "Relu6");
                y = net.Conv(y, hidden, hidden, 3, stride, group: hidden, activation: "Relu6");
                y = net.Conv(y, hidden, outputs, 1, activation: null);
                x = stride == 1 && channels == outputs ? net.Node("Add", [x, y]) : y;
                channels = outputs;
            }
        }

        x = net.Conv(x, channels, 1280, 1, activation: "Relu6");
        return Head(net, x, 1280);
    }

    /// <summary>The DS-CNN keyword spotter of MLPerf Tiny: 49 frames of 10 coefficients, 12 words.</summary>
    public static OnnxBuilder DsCnn(Sparsity sparsity)
    {
        var net = new NetworkBuilder(sparsity);
        net.Model.Input("features", 1, 1, 49, 10);
        string x = net.Conv("features", 1, 64, 10, 2, kernelWidth: 4, pads: [4, 1, 5, 1]);
        for (int i = 0; i < 4; i++)
        {
            x = net.Conv(x, 64, 64, 3, group: 64);
            x = net.Conv(x, 64, 64, 1);
        }

        return Head(net, x, 64, 12);
    }

    private static string Stem(NetworkBuilder net)
    {
        net.Model.Input("image", 1, 3, 224, 224);
        string x = net.Conv("image", 3, 64, 7, 2);
        return net.Node("MaxPool", [x], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }));
    }

    private static OnnxBuilder Head(NetworkBuilder net, string x, int channels, int classes = 1000)
    {
        string flat = net.Node("Flatten", [net.Node("GlobalAveragePool", [x])]);
        return net.Model.Output(net.Dense(flat, channels, classes, relu: false, last: true));
    }
}
