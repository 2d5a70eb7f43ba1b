using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>What is known of one value's elements: which are compile-time constants, with what content, and which are read.</summary>
public sealed class ValueFacts
{
    /// <summary>Starts with nothing known and nothing read (a constant: all known).</summary>
    public ValueFacts(Value value)
    {
        Value = value;
        Known = Mask.Uniform(value.Shape.Rank, value.Constant is not null);
        Content = value.Constant;
        Read = Mask.Uniform(value.Shape.Rank, false);
    }

    /// <summary>The value.</summary>
    public Value Value { get; }

    /// <summary>Yes where the element is the same for every input of the model.</summary>
    public Mask Known { get; private set; }

    /// <summary>The known elements, compressed (axes of size 1 where nothing varies); zero where not known. Null when nothing is known.</summary>
    public Tensor? Content { get; private set; }

    /// <summary>Yes where some live consumer's result depends on the element.</summary>
    public Mask Read { get; private set; }

    /// <summary>True when every element is known.</summary>
    public bool IsConstant => Known.All;

    /// <summary>Elements that have to be computed: read and not known.</summary>
    public Mask Needed => Mask.Except(Read, Known);

    /// <summary>Records known elements.</summary>
    /// <param name="known">Which.</param>
    /// <param name="content">Their content, of dimensions that broadcast to the value's shape; elements that are not known may be anything.</param>
    public void Learn(Mask known, Tensor content)
    {
        if (!known.Any)
        {
            return;
        }

        Known = known;
        if (known.All)
        {
            Content = TensorSlices.Compress(content);
            return;
        }

        int[] dims = Grid.Join(content.Shape.Dims, known.Dims);
        Tensor clean = TensorSlices.Expand(content, dims);
        clean = new Tensor(clean.Type, clean.Shape, (byte[])clean.Bytes.Clone());
        bool[] mask = known.Expand(dims);
        int size = clean.Type.Size();
        for (int i = 0; i < mask.Length; i++)
        {
            if (!mask[i])
            {
                clean.Bytes.AsSpan(i * size, size).Clear();
            }
        }

        Content = TensorSlices.Compress(clean);
    }

    /// <summary>Records elements that a consumer reads.</summary>
    public void AddRead(Mask read) => Read = Mask.Or(Read, read);

    /// <summary>Records that every element is read.</summary>
    public void ReadAll() => Read = Mask.Uniform(Value.Shape.Rank, true);

    /// <summary>Per axis the slices that have to exist; null for all of them.</summary>
    public int[]?[] Slices()
    {
        Mask needed = Needed;
        var result = new int[]?[Value.Shape.Rank];
        for (int a = 0; a < result.Length; a++)
        {
            bool[] slices = needed.Slices(a, Value.Shape[a], all: false);
            result[a] = Array.TrueForAll(slices, s => s) ? null : Grid.Range(slices.Length).Where(i => slices[i]).ToArray();
        }

        return result;
    }

    /// <summary>Per slice of an axis: are all its elements known?</summary>
    public bool[] KnownSlices(int axis) => Known.Slices(axis, Value.Shape[axis], all: true);

    /// <summary>Per slice of an axis: are all its elements known to be zero?</summary>
    public bool[] ZeroSlices(int axis) => Zero().Slices(axis, Value.Shape[axis], all: true);

    /// <summary>Yes where the element is known to be zero.</summary>
    public Mask Zero()
    {
        if (Content is null || !Known.Any)
        {
            return Mask.Uniform(Value.Shape.Rank, false);
        }

        return Mask.And(Known, new Mask(Content.Shape.Dims.ToArray(), TensorSlices.Zeros(Content)));
    }
}
