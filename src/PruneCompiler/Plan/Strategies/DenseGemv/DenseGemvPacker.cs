using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of a dense batch-1 layer in the order in which <see cref="Runtime.DenseGemv"/> streams them.</summary>
/// <param name="Weights">[panel][input][32 outputs], the last panel filled up with zeros.</param>
/// <param name="Bias">[panel][32 outputs], filled up with zeros.</param>
internal sealed record DenseGemvPack(float[] Weights, float[] Bias)
{
    /// <summary>Packs W.</summary>
    /// <param name="weights">W, row-major [outputs][inputs].</param>
    /// <param name="bias">b: outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    public static DenseGemvPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int outputs, int inputs)
    {
        const int Width = DenseGemv.PanelWidth;
        var panels = (outputs + Width - 1) / Width;
        var packed = new float[checked(panels * Width * inputs)];
        for (var o = 0; o < outputs; o++)
        {
            var at = (o / Width * Width * inputs) + (o % Width);
            for (var i = 0; i < inputs; i++)
            {
                packed[at + (i * Width)] = weights[(o * inputs) + i];
            }
        }

        var packedBias = new float[panels * Width];
        bias.CopyTo(packedBias);
        return new DenseGemvPack(packed, packedBias);
    }
}
