using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// Operators whose results are slices of input 0 along some axes, each axis for itself: Slice, Split, Pad, Tile, Gather of a
/// constant list. Further inputs are constants.
/// </summary>
/// <param name="map">Node and output number to, per axis, the input slice of each output slice (-1: the fill); null for an axis left as it is, and null altogether when the node is outside of the rule.</param>
public sealed class SelectRule(Func<Node, int, int[]?[]?> map) : ChannelRule
{
    /// <summary>The fill where the map says -1; null for zero.</summary>
    public Func<Node, Tensor?> Fill { get; init; } = _ => null;

    /// <summary>Inputs of the node when only some axes are still to be treated by it (the maps of the others have been applied); null when it cannot be reduced.</summary>
    public Func<Node, bool[], Pruner, (Value?[] Inputs, Attributes Attributes)>? Partly { get; init; }

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        for (int o = 0; o < node.Outputs.Count; o++)
        {
            ValueFacts input = facts[node.Input(0)];
            if (map(node, o) is not { } maps)
            {
                base.Forward(node, facts);
                return;
            }

            bool fills = maps.Any(m => m?.Contains(-1) == true);
            if (!input.Known.Any && !fills)
            {
                continue;
            }

            Mask known = input.Known;
            Mask? filled = null;
            Tensor content = input.Content ?? new Tensor(input.Value.Type, new Shape(Grid.PadLeft([], maps.Length)));
            for (int a = 0; a < maps.Length; a++)
            {
                if (maps[a] is not { } axisMap)
                {
                    continue;
                }

                known = AxisMap.Take(known, a, axisMap);
                if (axisMap.Contains(-1))
                {
                    Mask outside = Mask.AlongAxis(maps.Length, a, Array.ConvertAll(axisMap, s => s < 0));
                    filled = filled is null ? outside : Mask.Or(filled, outside);
                }

                int stretch = content.Shape[a];
                content = TensorSlices.Take(content, a, stretch == 1 ? null : Array.ConvertAll(axisMap, s => Math.Max(s, 0)));
            }

            if (filled is not null)
            {
                known = Mask.Or(known, filled);
                content = Merge(content, filled, Fill(node));
            }

            facts[node.Outputs[o]].Learn(known, content);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        for (int o = 0; o < node.Outputs.Count; o++)
        {
            if (map(node, o) is not { } maps)
            {
                base.Backward(node, facts);
                return;
            }

            Mask needed = facts[node.Outputs[o]].Needed;
            for (int a = 0; a < maps.Length && needed.Any; a++)
            {
                if (maps[a] is { } axisMap)
                {
                    needed = AxisMap.Put(needed, a, axisMap, node.Input(0).Shape[a]);
                }
            }

            facts[node.Input(0)].AddRead(needed);
        }
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        if (map(node, 0) is null)
        {
            pruner.Keep(node);
            return;
        }

        bool untouched = pruner.Kept(node.Input(0)).All(k => k is null) && node.Outputs.All(o => pruner.Facts[o].Slices().All(s => s is null));
        if (untouched && map(node, 0)!.Any(m => m is not null))
        {
            pruner.Keep(node);
            return;
        }

        for (int o = 0; o < node.Outputs.Count; o++)
        {
            Value output = node.Outputs[o];
            if (pruner.Facts[output].Needed.Any)
            {
                RebuildOne(node, output, map(node, o)!, pruner);
            }
        }
    }

    private void RebuildOne(Node node, Value output, int[]?[] maps, Pruner pruner)
    {
        int[]?[] slices = pruner.Facts[output].Slices(), before = (int[]?[])slices.Clone(), after = (int[]?[])slices.Clone();
        var left = new bool[maps.Length];
        for (int a = 0; a < maps.Length; a++)
        {
            if (maps[a] is not { } axisMap)
            {
                continue;
            }

            int[] sources = (slices[a] ?? Grid.Range(axisMap.Length)).Select(s => axisMap[s]).ToArray();
            if (Ascending(sources))
            {
                before[a] = sources.Length == node.Input(0).Shape[a] ? null : sources;
            }
            else
            {
                left[a] = true;
                before[a] = after[a] = null;
            }
        }

        Value source = pruner.Fit(node.Input(0), before);
        if (!left.Contains(true))
        {
            pruner.Set(output, source, after);
            return;
        }

        (Value?[] inputs, Attributes attributes) = Partly is { } partly ? partly(node, left, pruner) : ([.. node.Inputs], node.Attributes);
        inputs[0] = source;
        pruner.Emit(node, inputs, after, attributes);
    }

    private static bool Ascending(int[] slices)
    {
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i] < 0 || (i > 0 && slices[i] <= slices[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    private static Tensor Merge(Tensor content, Mask filled, Tensor? fill)
    {
        int[] dims = Grid.Join(content.Shape.Dims, filled.Dims);
        Tensor spread = TensorSlices.Expand(content, dims);
        var result = new Tensor(spread.Type, spread.Shape, (byte[])spread.Bytes.Clone());
        bool[] mask = filled.Expand(dims);
        int size = result.Type.Size();
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i])
            {
                Span<byte> element = result.Bytes.AsSpan(i * size, size);
                if (fill is null)
                {
                    element.Clear();
                }
                else
                {
                    fill.Bytes.AsSpan(0, size).CopyTo(element);
                }
            }
        }

        return result;
    }
}
