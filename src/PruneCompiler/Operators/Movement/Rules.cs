using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Checks that many operators share: axes, shapes and integer parameters.</summary>
public static class Rules
{
    /// <summary>An axis within [-rank, rank), as [0, rank).</summary>
    /// <exception cref="OperatorException">It lies outside.</exception>
    public static int Axis(Node node, long axis, int rank)
    {
        if (axis < -rank || axis >= rank)
        {
            throw new OperatorException(node, $"axis {axis} does not exist in a value of {rank} axes");
        }

        return (int)(axis < 0 ? axis + rank : axis);
    }

    /// <summary>Distinct axes within [-rank, rank), as [0, rank), in the order given.</summary>
    public static int[] Axes(Node node, long[] axes, int rank)
    {
        int[] result = Array.ConvertAll(axes, a => Axis(node, a, rank));
        return result.Distinct().Count() == result.Length ? result : throw new OperatorException(node, $"axes [{string.Join(", ", axes)}] name one axis twice");
    }

    /// <summary>A list of integers that later opsets moved from an attribute to an input, which must be constant; null when it is left out.</summary>
    public static long[]? Ints(Node node, string attribute, int input) =>
        node.InputOrNull(input) is null ? node.Attributes.Ints(attribute) : node.RequireConstant(input, attribute).ToInt64Array();

    /// <summary>A shape from sizes that a model gives.</summary>
    /// <exception cref="OperatorException">A size is negative, or there would be more elements than an array can hold.</exception>
    public static Shape Shape(Node node, params ReadOnlySpan<long> sizes)
    {
        var dims = new int[sizes.Length];
        Int128 count = 1;
        for (int i = 0; i < dims.Length; i++)
        {
            if (sizes[i] is < 0 or > int.MaxValue)
            {
                throw new OperatorException(node, $"the result would have the size {sizes[i]} in axis {i}");
            }

            dims[i] = (int)sizes[i];
            count *= Math.Max(1, dims[i]);
            if (count > int.MaxValue)
            {
                throw new OperatorException(node, $"the result [{string.Join(", ", sizes.ToArray())}] would have more than {int.MaxValue} elements");
            }
        }

        return new Shape(dims);
    }

    /// <summary>Demands a number of axes.</summary>
    public static void Rank(Node node, Value value, int least, int most = int.MaxValue)
    {
        if (value.Shape.Rank < least || value.Shape.Rank > most)
        {
            string range = most == least ? $"{least}" : most == int.MaxValue ? $"at least {least}" : $"{least} to {most}";
            throw new OperatorException(node, $"'{value.Name}' must have {range} axes, but its shape is {value.Shape}");
        }
    }

    /// <summary>Demands indices of type int64 or, unless only64, int32.</summary>
    public static void Indices(Node node, int input, bool only64 = false)
    {
        ElementType type = node.Input(input).Type;
        if (type != ElementType.Int64 && (only64 || type != ElementType.Int32))
        {
            throw new OperatorException(node, $"indices '{node.Input(input).Name}' are {type.Text()}, not int64{(only64 ? "" : " or int32")}");
        }
    }

    /// <summary>Demands that the shape of element-wise indices fits the data's everywhere but at the axis.</summary>
    public static void FitsElements(Node node, Shape data, Shape indices, int axis)
    {
        if (indices.Rank != data.Rank || Enumerable.Range(0, data.Rank).Any(i => i != axis && indices[i] > data[i]))
        {
            throw new OperatorException(node, $"indices of {indices} do not fit into data of {data}");
        }
    }
}
