using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Layers whose weights pass one operand on as it is.</summary>
internal static class IdentityLayers
{
    /// <summary>The operand that a layer passes on; null for all others.</summary>
    public static Value? Passed(Node node) => node.Operator switch
    {
        Conv when IsConvolution(node) => node.Input(0),
        MatMul when node.Inputs.Count == 2 && IsMatrix(node.ConstantInput(1)) => node.Input(0),
        MatMul when node.Inputs.Count == 2 && IsMatrix(node.ConstantInput(0)) => node.Input(1),
        Gemm when IsProduct(node) && node.Attributes.Int("transA") == 0 && IsMatrix(node.ConstantInput(1)) => node.Input(0),
        BatchNormalization when !BatchNormalization.IsTraining(node) && IsLine(node) => node.Input(0),
        _ => null,
    };

    // Each output channel has one weight, which is 1, for its own channel and pixel.
    private static bool IsConvolution(Node node)
    {
        if (node.ConstantInput(1) is not { } w || !IsNothing(node, 2) || !GraphEdits.IsLinear(node) || node.Outputs[0].Shape != node.Input(0).Shape)
        {
            return false;
        }

        SpatialWindow window = SpatialWindow.OfConvolution(node, node.Input(0).Shape, w.Shape);
        int group = (int)node.Attributes.Int("group", 1), perGroup = w.Shape[1], outputs = w.Shape[0], taps = window.Taps, centre = 0;
        for (int a = 0; a < window.Rank; a++)
        {
            int tap = window.PadsBegin[a] / window.Dilations[a];
            if (window.Strides[a] != 1 || window.PadsBegin[a] % window.Dilations[a] != 0 || tap >= window.Kernel[a])
            {
                return false;
            }

            centre = (centre * window.Kernel[a]) + tap;
        }

        int at = 0;
        for (int o = 0; o < outputs; o++)
        {
            int own = ((o % (outputs / group) % perGroup) * taps) + centre;
            if (outputs / group != perGroup)
            {
                return false;
            }

            for (int k = 0; k < perGroup * taps; k++, at++)
            {
                if (w.GetDouble(at) != (k == own ? 1 : 0))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsMatrix(Tensor? tensor)
    {
        if (tensor is not { Shape.Rank: 2 } || tensor.Shape[0] != tensor.Shape[1] || !tensor.Type.IsFloat() || tensor.Type.Size() < 2)
        {
            return false;
        }

        for (int i = 0; i < tensor.Count; i++)
        {
            if (tensor.GetDouble(i) != (i % (tensor.Shape[0] + 1) == 0 ? 1 : 0))
            {
                return false;
            }
        }

        return tensor.Count > 0;
    }

    private static bool IsProduct(Node node) => node.Attributes.Float("alpha", 1) == 1 && (node.Attributes.Float("beta", 1) == 0 || IsNothing(node, 2)) && GraphEdits.IsLinear(node);

    private static bool IsNothing(Node node, int input) => node.InputOrNull(input) is null || (node.ConstantInput(input) is { } c && WholeTensors.Doubles(c).All(v => v == 0));

    private static bool IsLine(Node node)
    {
        if (Enumerable.Range(1, 4).Any(i => node.ConstantInput(i) is null))
        {
            return false;
        }

        double[][] p = Enumerable.Range(1, 4).Select(i => WholeTensors.Doubles(node.ConstantInput(i)!)).ToArray();
        double epsilon = node.Attributes.Float("epsilon", 1e-5f);
        return Enumerable.Range(0, p[0].Length).All(c => (float)(p[0][c] / Math.Sqrt(p[3][c] + epsilon)) == 1 && p[1][c] == p[2][c]);
    }
}
