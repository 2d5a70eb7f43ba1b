using PruneCompiler.Plan.Cost;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of a batch-1 layer that have few different values, in the order in which <see cref="Runtime.CodebookGemv"/> walks them.</summary>
/// <param name="Codes">[panel][(inputs + 7) / 8][16 outputs]: the numbers of eight weights' values, four bits each.</param>
/// <param name="Table">[16] the values, ascending, then zeros.</param>
/// <param name="Bias">[panel][16].</param>
/// <param name="Different">Values that the weights have.</param>
internal sealed record CodebookGemvPack(int[] Codes, float[] Table, float[] Bias, int Different)
{
    /// <summary>What was found, for people.</summary>
    public string About => $"{Different} different weights";

    /// <summary>Packs W, or null where it has more than 16 different values or one that is no number.</summary>
    /// <param name="weights">W, row-major [outputs][inputs].</param>
    /// <param name="bias">b: outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    public static CodebookGemvPack? Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int outputs, int inputs)
    {
        var values = new SortedSet<float>();
        foreach (float weight in weights)
        {
            if (float.IsNaN(weight) || (values.Add(weight) && values.Count > Runtime.CodebookGemv.Values))
            {
                return null;
            }
        }

        const int Panel = Runtime.CodebookGemv.Panel, Step = Runtime.CodebookGemv.Step;
        var numbers = values.Select((value, number) => (value, number)).ToDictionary(p => p.value, p => p.number);
        int panels = (outputs + Panel - 1) / Panel, steps = (inputs + Step - 1) / Step;
        var codes = new int[panels * steps * Panel];
        var packedBias = new float[panels * Panel];
        bias.CopyTo(packedBias);
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                codes[(((o / Panel * steps) + (i / Step)) * Panel) + (o % Panel)] |= numbers[weights[(o * inputs) + i]] << (i % Step * 4);
            }
        }

        return new CodebookGemvPack(codes, [.. values, .. new float[Runtime.CodebookGemv.Values - values.Count]], packedBias, values.Count);
    }

    /// <summary>What the kernel is predicted to take.</summary>
    public static double Cycles(int outputs, int inputs, CostTarget target)
    {
        double panels = (outputs + Runtime.CodebookGemv.Panel - 1) / Runtime.CodebookGemv.Panel;
        return Math.Max(panels * inputs * target.VectorTableStep, target.Stream(panels * inputs * Runtime.CodebookGemv.Panel / 2)) + (panels * target.VectorGroup);
    }
}
