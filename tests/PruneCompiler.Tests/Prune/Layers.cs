using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Layers with their constants, named after what they compute.</summary>
internal static class Layers
{
    /// <summary>A convolution of square images and kernels.</summary>
    public static OnnxBuilder Conv(this OnnxBuilder model, string x, int[] dims, float[] weights, string y, int pad = 0, int group = 1, int stride = 1, float[]? bias = null)
    {
        model.Initializer(y + "_w", dims, weights);
        if (bias is not null)
        {
            model.Initializer(y + "_b", [bias.Length], bias);
        }

        return model.Node("Conv", bias is null ? [x, y + "_w"] : [x, y + "_w", y + "_b"], [y], ("group", group), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }));
    }

    /// <summary>A product with weights [inputs, outputs].</summary>
    public static OnnxBuilder MatMul(this OnnxBuilder model, string x, int[] dims, float[] weights, string y) => model.Initializer(y + "_w", dims, weights).Node("MatMul", [x, y + "_w"], [y]);
}
