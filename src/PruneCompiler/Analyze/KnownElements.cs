using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Looks up single elements of a value: the number where it is known.</summary>
internal sealed class KnownElements
{
    private readonly bool[] known;
    private readonly Tensor? content;
    private readonly int[] knownStrides, contentStrides;

    /// <summary>Reads the facts as they are now.</summary>
    public KnownElements(ValueFacts facts)
    {
        known = facts.Known.Bits.ToArray();
        content = facts.Content;
        knownStrides = Strides(facts.Known.Dims);
        contentStrides = content is null ? knownStrides : Strides(content.Shape.Dims);
    }

    /// <summary>The element at an index for each axis; null when it is not known.</summary>
    public double? At(params ReadOnlySpan<int> index)
    {
        int bit = 0, element = 0;
        for (int a = 0; a < index.Length; a++)
        {
            bit += index[a] * knownStrides[a];
            element += index[a] * contentStrides[a];
        }

        return known[bit] ? content!.GetDouble(element) : null;
    }

    private static int[] Strides(ReadOnlySpan<int> dims)
    {
        int[] strides = new Shape(dims).Strides();
        for (int a = 0; a < dims.Length; a++)
        {
            strides[a] = dims[a] == 1 ? 0 : strides[a];
        }

        return strides;
    }
}
