using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Folds a Pad with zeros on spatial axes into the convolution or mean behind it, and removes a Pad that adds nothing.</summary>
internal static class FoldPad
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is not Pad)
            {
                continue;
            }

            (int[] before, int[] after) = Pad.Amounts(node);
            if (before.Concat(after).All(p => p == 0))
            {
                graph.Replace(node.Outputs[0], node.Input(0));
                graph.Remove(node);
                continue;
            }

            bool zeros = node.Attributes.Text("mode", "constant") == "constant" && node.Attributes.Float("value") == 0
                && (node.InputOrNull(2) is null || node.ConstantInput(2) is { Count: 1 } fill && Numbers.ReadFloat(fill, 0) == 0);
            if (!zeros || before.Length < 3 || before.Take(2).Concat(after.Take(2)).Any(p => p != 0) || before.Concat(after).Any(p => p < 0))
            {
                continue;
            }

            foreach (Node reader in node.Outputs[0].Uses.Distinct().ToArray())
            {
                if (graph.Nodes.Contains(reader) && reader.Input(0) == node.Outputs[0] && TryFold(reader, before[2..], after[2..]))
                {
                    reader.SetInput(0, node.Input(0));
                }
            }
        }

        graph.RemoveUnread();
    }

    private static bool TryFold(Node reader, int[] before, int[] after)
    {
        string automatic = reader.Attributes.Text("auto_pad", "NOTSET");
        long[] pads = automatic == "VALID" ? new long[before.Length * 2] : reader.Attributes.Ints("pads") ?? new long[before.Length * 2];
        if (automatic is "SAME_UPPER" or "SAME_LOWER" || pads.Length != before.Length * 2)
        {
            return false;
        }

        if (reader.Operator is AveragePool)
        {
            // Zeros that were pixels go on counting. With ceil_mode the last window's share of them would be another one.
            if (reader.Attributes.Int("ceil_mode") != 0 || (reader.Attributes.Int("count_include_pad") == 0 && pads.Any(p => p != 0)))
            {
                return false;
            }

            reader.Attributes.Set("count_include_pad", 1L);
        }
        else if (reader.Operator is not Conv)
        {
            return false;
        }

        reader.Attributes.Set("auto_pad", "NOTSET").Set("pads", pads.Zip(before.Concat(after), (p, q) => p + q).ToArray());
        return true;
    }
}
