using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>The parts that quantised operators were taken apart into, recognised again after pruning.</summary>
internal static class IntegerPatterns
{
    /// <summary>A byte value that is read as x - zero in floats; null for anything else.</summary>
    /// <param name="graph">Bytes that pruning narrows behind the conversion are narrowed in front of it.</param>
    /// <param name="before">Where new nodes go.</param>
    /// <param name="value">The floats.</param>
    public static (Value Bytes, int Zero)? Centred(Graph graph, Node before, Value value)
    {
        int zero = 0;
        if (value.Producer is { Operator: Narrow } narrow)
        {
            if (Centred(graph, before, narrow.Input(0)) is not var (all, itsZero))
            {
                return null;
            }

            Value few = graph.Insert(before, narrow.Name, "Narrow", [all], narrow.Attributes.Clone(), domain: Narrow.OwnDomain).Outputs[0];
            return (few, itsZero);
        }

        if (value.Producer is { Operator: Sub } difference && Whole(difference.ConstantInput(1)) is { } subtracted && difference.Input(0).Shape == value.Shape)
        {
            (zero, value) = (subtracted, difference.Input(0));
        }

        return value.Producer is { Operator: Cast } cast && cast.Input(0).Type is ElementType.UInt8 or ElementType.Int8 && value.Type is ElementType.Float32 or ElementType.Float64
            ? (cast.Input(0), zero)
            : null;
    }

    /// <summary>The bytes as uint8, with the zero point that goes with them.</summary>
    public static (Value Bytes, int Zero) Unsigned(Graph graph, Node before, Value bytes, int zero) =>
        bytes.Type == ElementType.UInt8 ? (bytes, zero) : (Flipped(graph, before, bytes), zero + 128);

    // Readers of one value share its flipped form.
    private static Value Flipped(Graph graph, Node before, Value bytes)
    {
        Node? known = bytes.Uses.FirstOrDefault(u => u.Operator is FlipSign && graph.IndexOf(u) is >= 0 and var at && at < graph.IndexOf(before));
        return known?.Outputs[0] ?? FlipSign.Add(graph, before, bytes);
    }

    /// <summary>Follows sums through scaling, rounding and saturation.</summary>
    public static IntegerTail? Tail(Graph graph, Value sums, int channelAxis)
    {
        Value value = sums;
        if (Next<Cast>(graph, value) is { } cast && cast.Outputs[0].Type == ElementType.Float32 && value.Type == ElementType.Float64)
        {
            value = cast.Outputs[0];
        }
        else if (Next<Cast>(graph, value) is { } toInteger && toInteger.Outputs[0].Type == ElementType.Int32)
        {
            return new IntegerTail(toInteger.Outputs[0], null, 0, 0, 0);
        }

        int channels = sums.Shape[channelAxis];
        if (value.Type != ElementType.Float32 || Next<Mul>(graph, value) is not { } scaling || scaling.Outputs[0].Shape != value.Shape)
        {
            return null;
        }

        Tensor? constant = scaling.ConstantInput(scaling.Input(0) == value ? 1 : 0);
        if (constant is null || PerChannel(constant, value.Shape.Rank, channelAxis, channels) is not { } scale)
        {
            return null;
        }

        return Rounded(graph, scaling.Outputs[0]) is var (result, zero, low, high)
            ? new IntegerTail(result, scale, zero, low, high)
            : new IntegerTail(scaling.Outputs[0], scale, 0, 0, 0);
    }

    /// <summary>Follows a value through Round, an added zero point, Clip, and the conversion to bytes.</summary>
    public static (Value Result, int Zero, int Low, int High)? Rounded(Graph graph, Value value)
    {
        if (Next<Round>(graph, value) is not { } round)
        {
            return null;
        }

        int zero = 0;
        value = round.Outputs[0];
        if (Next<Add>(graph, value) is { } add && Whole(add.ConstantInput(add.Input(0) == value ? 1 : 0)) is { } added && add.Outputs[0].Shape == value.Shape)
        {
            (zero, value) = (added, add.Outputs[0]);
        }

        if (Next<Clip>(graph, value) is not { } clip || Clip.ConstantBounds(clip) is not var (low, high)
            || Next<Cast>(graph, clip.Outputs[0]) is not { } cast || cast.Outputs[0].Type is not (ElementType.UInt8 or ElementType.Int8))
        {
            return null;
        }

        (long least, long most) = QuantizeLinear.Range(cast.Outputs[0].Type);
        return low >= least && high <= most && low == Math.Floor(low) && high == Math.Floor(high) ? (cast.Outputs[0], zero, (int)low, (int)high) : null;
    }

    /// <summary>The only reader, when it is of a kind.</summary>
    public static Node? Next<T>(Graph graph, Value value)
        where T : Operator => GraphEdits.OnlyReader(graph, value) is { Operator: T } reader ? reader : null;

    /// <summary>A constant as one number for each channel; null when it differs along another axis.</summary>
    public static float[]? PerChannel(Tensor constant, int rank, int channelAxis, int channels)
    {
        int axis = channelAxis - (rank - constant.Shape.Rank);
        for (int i = 0; i < constant.Shape.Rank; i++)
        {
            if (constant.Shape[i] != 1 && (i != axis || constant.Shape[i] != channels))
            {
                return null;
            }
        }

        float[] values = Array.ConvertAll(WholeTensors.Doubles(constant), v => (float)v);
        return values.Length == 1 ? [.. Enumerable.Repeat(values[0], channels)] : values;
    }

    // A single small whole number.
    private static int? Whole(Tensor? constant) =>
        constant is { Count: 1 } && constant.GetDouble(0) is var value && value == Math.Floor(value) && Math.Abs(value) <= 255 ? (int)value : null;
}

/// <summary>What becomes of sums of products.</summary>
/// <param name="Result">The value at the end: bytes, or floats, or int32.</param>
/// <param name="Scale">For each channel; null where the sums are the result.</param>
/// <param name="Zero">Zero point of bytes.</param>
/// <param name="Low">Smallest byte.</param>
/// <param name="High">Largest byte.</param>
internal sealed record IntegerTail(Value Result, float[]? Scale, int Zero, int Low, int High);
