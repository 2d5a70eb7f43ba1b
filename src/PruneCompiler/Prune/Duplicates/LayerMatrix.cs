using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Prune;

/// <summary>A layer's constant weights seen as [outputs][inputs][taps], whatever the operator.</summary>
internal sealed class LayerMatrix
{
    private readonly Node node;
    private readonly double[] values;
    private readonly bool transposed; // [inputs, outputs] in memory

    private LayerMatrix(Node node, int weightsInput, int outputs, int inputs, int taps, int groups, bool transposed)
    {
        (this.node, this.transposed, WeightsInput) = (node, transposed, weightsInput);
        (Outputs, Inputs, Taps, Groups) = (outputs, inputs, taps, groups);
        values = WholeTensors.Doubles(node.ConstantInput(weightsInput)!);
        Bias = node.Operator is MatMul ? null : node.ConstantInput(2) is { } b ? WholeTensors.Doubles(b) : null;
    }

    public int WeightsInput { get; }

    public int Outputs { get; }

    /// <summary>Inputs of a group.</summary>
    public int Inputs { get; }

    public int Taps { get; }

    public int Groups { get; }

    public double[]? Bias { get; }

    /// <summary>The layer of a node; null when it is no float layer with constant weights and, at most, one bias for each output.</summary>
    public static LayerMatrix? Of(Node node)
    {
        if (node.InputOrNull(1) is not { Constant: { Count: > 0 } w } || w.Type is not (ElementType.Float32 or ElementType.Float64) || node.InputOrNull(0) is not { Constant: null } || node.InputOrNull(3) is not null)
        {
            return null;
        }

        switch (node.Operator)
        {
            case Conv when node.InputOrNull(2) is null or { Constant.Shape.Rank: 1 }:
                return new LayerMatrix(node, 1, w.Shape[0], w.Shape[1], (int)(w.Shape.Count / w.Shape[0] / w.Shape[1]), (int)node.Attributes.Int("group", 1), false);
            case MatMul when w.Shape.Rank == 2 && node.Input(0).Shape.Rank >= 2 && node.Inputs.Count == 2:
                return new LayerMatrix(node, 1, w.Shape[1], w.Shape[0], 1, 1, true);
            case Gemm when node.Attributes.Int("transA") == 0:
                bool transB = node.Attributes.Int("transB") != 0;
                int outputs = w.Shape[transB ? 0 : 1];
                return node.InputOrNull(2) is null || (node.ConstantInput(2) is { } c && c.Count == outputs && c.Shape[-1] == outputs)
                    ? new LayerMatrix(node, 1, outputs, w.Shape[transB ? 1 : 0], 1, 1, !transB) : null;
            default:
                return null;
        }
    }

    public double this[int output, int input, int tap] => values[At(output, input, tap)];

    /// <summary>Adds the weights of slices that repeat others to those of the originals, and clears them. True when that changed something.</summary>
    public bool Fold(Copies copies)
    {
        bool changed = false;
        for (int i = 0; i < Inputs; i++)
        {
            for (int o = 0; o < Outputs && copies.Original[i] != i; o++)
            {
                for (int t = 0; t < Taps; t++)
                {
                    int from = At(o, i, t);
                    if (values[from] != 0)
                    {
                        int to = At(o, copies.Original[i], t);
                        double sum = values[to] + (copies.Factor[i] * values[from]);
                        values[to] = node.Input(WeightsInput).Type == ElementType.Float32 ? (float)sum : sum;
                        values[from] = 0;
                        changed = true;
                    }
                }
            }
        }

        return changed;
    }

    /// <summary>The weights as they are now.</summary>
    public Tensor ToTensor() => WholeTensors.Tensor(node.Input(WeightsInput).Type, node.Input(WeightsInput).Shape, values);

    private int At(int output, int input, int tap) => transposed ? (input * Outputs) + output : (((output * Inputs) + input) * Taps) + tap;
}
