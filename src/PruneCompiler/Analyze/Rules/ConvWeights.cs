using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Which weights of a convolution [M, C / groups, kernel...] are there.</summary>
internal sealed class ConvWeights
{
    private readonly Tensor tensor;
    private readonly bool[] zeros;
    private readonly int taps;
    private readonly int[]?[] inputs;

    private ConvWeights(Tensor tensor, bool[] zeros, int groups)
    {
        (this.tensor, this.zeros, Groups) = (tensor, zeros, groups);
        taps = Grid.Count(tensor.Shape.Dims[2..]);
        inputs = new int[]?[Outputs];
    }

    /// <summary>Groups of the convolution.</summary>
    public int Groups { get; }

    /// <summary>Output channels.</summary>
    public int Outputs => tensor.Shape[0];

    /// <summary>Input channels of a group.</summary>
    public int InputsPerGroup => tensor.Shape[1];

    /// <summary>Output channels of a group.</summary>
    public int OutputsPerGroup => Outputs / Groups;

    /// <summary>The weights of a node.</summary>
    public static ConvWeights Of(Node node, FactTable facts) =>
        new(node.ConstantInput(1)!, facts.Zeros(node.Input(1)), (int)node.Attributes.Int("group", 1));

    /// <summary>The input channels for which output channel <paramref name="o"/> has a weight other than zero.</summary>
    public IReadOnlyList<int> InputsOf(int o)
    {
        return inputs[o] ??= Find().ToArray();

        IEnumerable<int> Find()
        {
            for (int c = 0; c < InputsPerGroup; c++)
            {
                if (zeros.AsSpan(((o * InputsPerGroup) + c) * taps, taps).Contains(false))
                {
                    yield return (o / OutputsPerGroup * InputsPerGroup) + c;
                }
            }
        }
    }

    /// <summary>The weights for fewer channels: both lists have the same number of channels in each of the groups that are left.</summary>
    /// <param name="ins">Input channels.</param>
    /// <param name="outs">Output channels.</param>
    /// <param name="groups">Groups that are left.</param>
    /// <param name="used">The input channels that are used; others fill up groups, with weights of zero.</param>
    /// <param name="read">The output channels that anyone reads; others fill up groups, with weights of zero.</param>
    public Tensor Take(int[] ins, int[] outs, int groups, HashSet<int> used, bool[] read)
    {
        int perIn = ins.Length / groups, perOut = outs.Length / groups, size = taps * tensor.Type.Size();
        var result = new Tensor(tensor.Type, tensor.Shape.With(0, outs.Length).With(1, perIn));
        for (int o = 0; o < outs.Length; o++)
        {
            if (!read[outs[o]])
            {
                continue;
            }

            for (int c = 0; c < perIn; c++)
            {
                int channel = ins[(o / perOut * perIn) + c];
                if (!used.Contains(channel))
                {
                    continue;
                }

                channel %= InputsPerGroup;
                tensor.Bytes.AsSpan(((outs[o] * InputsPerGroup) + channel) * size, size).CopyTo(result.Bytes.AsSpan(((o * perIn) + c) * size));
            }
        }

        return result;
    }
}
