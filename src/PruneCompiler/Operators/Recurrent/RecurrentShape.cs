using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The sizes of a recurrent node, checked against each other.</summary>
/// <param name="Steps">Longest sequence.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Inputs">Features of a step.</param>
/// <param name="Directions">1, or 2 for bidirectional.</param>
/// <param name="Hidden">Size of the state.</param>
/// <param name="BatchFirst">Layout 1: the batch is the first axis.</param>
internal sealed record RecurrentShape(int Steps, int Batch, int Inputs, int Directions, int Hidden, bool BatchFirst)
{
    /// <summary>Reads and checks a node.</summary>
    /// <exception cref="OperatorException">Sizes or types disagree.</exception>
    public static RecurrentShape Of(Node node, int gates, int bundledGates)
    {
        Shape x = node.Input(0).Shape, r = node.Input(2).Shape;
        if (x.Rank != 3 || r.Rank != 3)
        {
            throw new OperatorException(node, $"X and R must have three dimensions, but are {x} and {r}");
        }

        ElementType real = node.Input(0).Type;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            ElementType type = i == 4 ? ElementType.Int32 : real;
            if (node.Inputs[i] is { } input && (input.Type != type || (i == 0 && !SinglePrecision.Converts(type))))
            {
                throw new OperatorException(node, $"input {i} ('{input.Name}') is {input.Type.Text()}{(input.Type == type ? "; a float type is needed" : $" where {type.Text()} is needed")}");
            }
        }

        long layout = node.Attributes.Int("layout");
        bool batchFirst = layout == 1;
        int directions = node.Attributes.Text("direction", "forward") switch
        {
            "forward" or "reverse" => 1,
            "bidirectional" => 2,
            var other => throw new OperatorException(node, $"the direction '{other}' does not exist"),
        };
        var shape = new RecurrentShape(x[batchFirst ? 1 : 0], x[batchFirst ? 0 : 1], x[2], directions, r[2], batchFirst);
        int h = shape.Hidden;
        Check(node, 1, "W", new Shape(directions, gates * h, shape.Inputs));
        Check(node, 2, "R", new Shape(directions, gates * h, h));
        Check(node, 3, "B", new Shape(directions, 2 * gates * h));
        Check(node, 4, "sequence_lens", new Shape(shape.Batch));
        Shape state = batchFirst ? new Shape(shape.Batch, directions, h) : new Shape(directions, shape.Batch, h);
        Check(node, 5, "initial_h", state);
        Check(node, 6, "initial_c", state);
        Check(node, 7, "P", new Shape(directions, bundledGates * h));
        if (node.Attributes.Int("hidden_size", h) != h)
        {
            throw new OperatorException(node, $"hidden_size is {node.Attributes.Int("hidden_size")} where R says {h}");
        }

        return shape;
    }

    private static void Check(Node node, int index, string name, Shape expected)
    {
        if (node.InputOrNull(index) is { } input && input.Shape != expected)
        {
            throw new OperatorException(node, $"{name} must be {expected}, not {input.Shape}");
        }
    }
}
