namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of an 8-bit layer as the runtime's IntegerConv reads them.</summary>
/// <param name="Weights">64 for each step: [16 output channels][4 bytes].</param>
/// <param name="Taps">Byte offset of each step.</param>
/// <param name="Blocks">Steps of each block of 16 output channels.</param>
internal sealed record IntegerSteps(sbyte[] Weights, int[] Taps, int[] Blocks);

/// <summary>Packs weights into steps of four neighbouring bytes for 16 output channels. Bytes that meet only zeros make no step.</summary>
internal static class IntegerPacker
{
    /// <summary>Output channels of a block.</summary>
    public const int Block = 16;

    private const int Bytes = 4;

    /// <summary>Packs a layer.</summary>
    /// <param name="filters">For each output channel its weights that are not zero, by byte offset in the input. Each is within -255 to 255.</param>
    public static IntegerSteps Pack(IReadOnlyList<IReadOnlyDictionary<int, int>> filters)
    {
        var weights = new List<sbyte>();
        var taps = new List<int>();
        var blocks = new List<int>();
        for (int first = 0; first < filters.Count; first += Block)
        {
            int before = taps.Count;
            List<IReadOnlyDictionary<int, int>> block = [.. filters.Skip(first).Take(Block)];
            int[] live = [.. block.SelectMany(f => f.Keys).Distinct().Order()];
            for (int i = 0; i < live.Length;)
            {
                int at = live[i];
                Add(block, at, weights, taps);
                while (i < live.Length && live[i] < at + Bytes)
                {
                    i++;
                }
            }

            blocks.Add(taps.Count - before);
        }

        return new IntegerSteps([.. weights], [.. taps], [.. blocks]);
    }

    // A weight outside of a signed byte (a difference of bytes may be) is a sum of several, each in a step of its own.
    private static void Add(List<IReadOnlyDictionary<int, int>> block, int at, List<sbyte> weights, List<int> taps)
    {
        var rest = new int[Block * Bytes];
        for (int f = 0; f < block.Count; f++)
        {
            for (int b = 0; b < Bytes; b++)
            {
                rest[(f * Bytes) + b] = block[f].GetValueOrDefault(at + b);
            }
        }

        while (rest.Any(r => r != 0))
        {
            taps.Add(at);
            for (int i = 0; i < rest.Length; i++)
            {
                var part = (sbyte)Math.Clamp(rest[i], sbyte.MinValue, sbyte.MaxValue);
                weights.Add(part);
                rest[i] -= part;
            }
        }
    }
}
