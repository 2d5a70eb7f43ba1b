using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>A row-major shape seen as outer x count x inner around one axis.</summary>
/// <param name="Outer">Product of the dimensions in front.</param>
/// <param name="Count">Size of the axis.</param>
/// <param name="Inner">Product of the dimensions behind: the distance of neighbours on the axis.</param>
internal readonly record struct AxisSplit(int Outer, int Count, int Inner)
{
    /// <summary>Splits at one axis; negative axes count from the end.</summary>
    public static AxisSplit At(Node node, Shape shape, long axis)
    {
        int at = Axis(node, shape, axis);
        return new AxisSplit(Product(shape, 0, at), shape[at], Product(shape, at + 1, shape.Rank));
    }

    /// <summary>Joins all axes from <paramref name="axis"/> on.</summary>
    public static AxisSplit From(Node node, Shape shape, long axis)
    {
        int at = axis == shape.Rank ? shape.Rank : Axis(node, shape, axis);
        return new AxisSplit(Product(shape, 0, at), Product(shape, at, shape.Rank), 1);
    }

    /// <summary>A checked axis that is not negative.</summary>
    public static int Axis(Node node, Shape shape, long axis) => axis >= -shape.Rank && axis < shape.Rank
        ? (int)(axis < 0 ? axis + shape.Rank : axis)
        : throw new OperatorException(node, $"axis {axis} does not exist in {shape}");

    private static int Product(Shape shape, int from, int to)
    {
        int product = 1;
        for (int i = from; i < to; i++)
        {
            product = checked(product * shape[i]);
        }

        return product;
    }
}
