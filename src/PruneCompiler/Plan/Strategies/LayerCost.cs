using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Strategies.DenseChannels;
using PruneCompiler.Plan.Strategies.UnrolledTaps;

namespace PruneCompiler.Plan.Strategies;

/// <summary>What a layer with constant weights would cost, for passes that have a choice before layouts are planned.</summary>
internal static class LayerCost
{
    /// <summary>Predictions for the strategies of a float32 Conv, Gemm or MatMul, cheapest first; none where no strategy of the cost model serves it.</summary>
    public static IReadOnlyList<Prediction> Of(Node node, CompileOptions options)
    {
        if (node.Operator is Conv)
        {
            return MatrixLayer.IsWholeInput(node) ? OfMatrix(MatrixLayer.OfConv(node, null), options)
                : DepthwiseConv.Applies(node) || !PanelConv.Applies(node) ? []
                : Predictions(Sketch(node, options.Target).Candidates(null, options.Target, UnrolledTapsStrategy.MostTapsOfModel), options);
        }

        return (node.Operator is Gemm ? MatrixLayer.OfGemm(node, null) : node.Operator is MatMul ? MatrixLayer.OfMatMul(node, null) : null) is { } layer ? OfMatrix(layer, options) : [];
    }

    private static IReadOnlyList<Prediction> OfMatrix(MatrixLayer layer, CompileOptions options) => Predictions(MatrixProduct.Candidates(layer, options.Target), options);

    private static IReadOnlyList<Prediction> Predictions<T>(List<Candidate<T>> candidates, CompileOptions options) =>
        Choice.Predictions(candidates.Where(c => !options.Without.Contains(c.Strategy)));

    // The convolution between panels of its own, flat where that computes fewer vectors.
    private static PanelLayer Sketch(Node node, CostTarget target)
    {
        ConvGeometry geometry = ConvGeometry.Of(node, DenseChannelsStrategy.ReadsInPlace(node, target));
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        int depth = geometry.Window.Output[0], height = geometry.Window.Output[1], width = geometry.Window.Output[2];
        int length = Math.Max(width, geometry.Width) + geometry.Border.Side;
        bool flat = !geometry.ReadsInPlace && height > 1 && LayoutPlanner.MayBeFlat(height, length) && PanelLayout.RoundUp(height * length) <= height * PanelLayout.RoundUp(width);
        length = flat ? length : PanelLayout.RoundUp(length);
        var input = new PanelLayout(x[0], x[1] * geometry.Slots.Length, geometry.Window.Input[0], geometry.Height, geometry.Width, flat, length, geometry.Border);
        return new PanelLayer(node, geometry, input, geometry.Slots, new PanelLayout(y[0], y[1], depth, height, width, flat, length, default));
    }
}
