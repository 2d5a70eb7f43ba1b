using System.Globalization;
using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Prune;

/// <summary>Writes down for people what became of each layer that multiplies by weights.</summary>
internal sealed class PruningNotes(PruningFacts facts)
{
    private const int Listed = 8;

    /// <summary>Adds what there is to say about a node that has just been rebuilt.</summary>
    public void Add(Node node, Pruner pruner)
    {
        if (node.Operator is RecurrentLayer)
        {
            AddUnits(node, pruner);
            return;
        }

        if (MultiplyAdds.Dense(node) == 0 || node.InputOrNull(1) is not { Constant: not null } || node.Outputs[0].Shape.Rank < 2)
        {
            return;
        }

        Value output = node.Outputs[0];
        int axis = node.Operator is Conv or ConvTranspose ? 1 : output.Shape.Rank - 1;
        ValueFacts found = facts.Values[output];
        if (!found.Needed.Any)
        {
            facts.Notes.Add(found.Read.Any ? $"{node.Name} gives the same for every input: removed." : $"Nobody reads what {node.Name} computes: removed.");
            return;
        }

        bool[] known = found.KnownSlices(axis), read = found.Read.Slices(axis, known.Length, all: false);
        int[] constant = Indices(known, (k, _) => k), unread = Indices(read, (r, i) => !r && !known[i]);
        int left = pruner.Kept(output)[axis]?.Length ?? known.Length;
        if (left < known.Length)
        {
            facts.Notes.Add($"{node.Name}: {left} of {known.Length} channels are left{Because(found, axis, constant, unread)}.");
        }

        if (node.InputOrNull(2)?.Shape.Rank != pruner.Current(output).Producer?.InputOrNull(2)?.Shape.Rank && pruner.Current(output).Producer?.InputOrNull(2) is { Shape.Rank: > 2 })
        {
            facts.Notes.Add($"{node.Name}: constant channels of its input are folded into a bias for each pixel, because the padding makes them count less at the border.");
        }
    }

    private void AddUnits(Node node, Pruner pruner)
    {
        Value[] needed = node.Outputs.Where(o => facts.Values[o].Needed.Any).ToArray();
        int hidden = node.Outputs[0].Shape[3];
        if (needed.Length == 0)
        {
            facts.Notes.Add($"{node.Name} gives the same for every input, or nobody reads it: removed.");
        }
        else if (pruner.Kept(needed[0])[^1]?.Length is { } left)
        {
            facts.Notes.Add($"{node.Name}: {left} of {hidden} units are left; the states of the others are the same for every input, or nobody reads them.");
        }
    }

    private static int[] Indices(bool[] flags, Func<bool, int, bool> take) => Grid.Range(flags.Length).Where(i => take(flags[i], i)).ToArray();

    private static string Because(ValueFacts found, int axis, int[] constant, int[] unread)
    {
        var parts = new List<string>();
        bool[] zero = found.ZeroSlices(axis);
        int[] zeros = constant.Where(c => zero[c]).ToArray(), others = constant.Except(zeros).ToArray();
        if (zeros.Length > 0)
        {
            parts.Add($"always zero: {List(zeros, i => i.ToString(CultureInfo.InvariantCulture))}");
        }

        if (others.Length > 0)
        {
            parts.Add($"the same for every input: {List(others, i => Describe(found, axis, i))}");
        }

        if (unread.Length > 0)
        {
            parts.Add($"read by nobody: {List(unread, i => i.ToString(CultureInfo.InvariantCulture))}");
        }

        return parts.Count == 0 ? "" : "; " + string.Join("; ", parts);
    }

    private static string Describe(ValueFacts found, int axis, int slice)
    {
        Tensor content = found.Content!.Shape[axis] == 1 ? found.Content : TensorSlices.Take(found.Content, axis, [slice]);
        return content.Count == 1 ? string.Create(CultureInfo.InvariantCulture, $"{slice} ({content.GetDouble(0):g4})") : $"{slice} (depends on the place)";
    }

    private static string List(int[] indices, Func<int, string> describe) =>
        string.Join(", ", indices.Take(Listed).Select(describe)) + (indices.Length > Listed ? $" and {indices.Length - Listed} more" : "");
}
