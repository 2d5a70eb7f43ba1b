using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Plan.Layout;

/// <summary>Gives the bytes that 8-bit layers exchange a layout with the channels side by side, and the border that the convolutions behind them read.</summary>
internal static class ChannelLastPlanner
{
    /// <summary>The layouts of a graph's values.</summary>
    public static IReadOnlyDictionary<Value, ChannelLastLayout> Run(Graph graph)
    {
        var layouts = new Dictionary<Value, ChannelLastLayout>();
        foreach (Node node in graph.Nodes)
        {
            if (node.Outputs.Count == 1 && node.Outputs[0] is { Type: ElementType.UInt8, Shape: { Rank: 3 or 4, Count: > 0 } } value && Writes(node))
            {
                layouts.Add(value, Plain(value.Shape));
            }
        }

        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is IntegerProduct && !IntegerProduct.IsMatrix(node) && layouts.TryGetValue(node.Input(0), out ChannelLastLayout? layout))
            {
                byte zero = (byte)node.Attributes.Int("x_zero");
                PixelBorder border = IntegerGeometry.Border(node);
                if (layout.Border.IsNone || layout.Fill == zero) // a reader with another zero point gets a copy
                {
                    layouts[node.Input(0)] = border.IsNone ? layout : layout with { Border = layout.Border.Union(border), Fill = zero };
                }
            }
        }

        return layouts;
    }

    /// <summary>The layout without a border.</summary>
    public static ChannelLastLayout Plain(Shape s) => new(s[0], s[1], s.Rank == 4 ? s[2] : 1, s[-1], default, 0);

    private static bool Writes(Node node) => node.Operator is IntegerProduct or IntegerAdd or IntegerMul or FlipSign || (node.Operator is MaxPool && ByteSteps.IsWindow(node)) || (node.Operator is ByteTable && node.Input(1).Type == ElementType.UInt8);
}
