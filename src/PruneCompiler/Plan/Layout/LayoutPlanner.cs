using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DenseChannels;

namespace PruneCompiler.Plan.Layout;

/// <summary>
/// Gives activations that convolutions write or read a panel layout. A value is in panels when a panel convolution computes it or reads it without
/// stride; everything else works on strides. Values that one convolution without stride connects must agree on flat planes or rows, since a
/// pixel keeps its place from input to output.
/// </summary>
public sealed class LayoutPlanner
{
    // Larger planes are never flat: one tile would touch a page for each channel and image row.
    private const int LargestFlatPlane = 1024;

    private readonly Dictionary<Value, Wish> wishes = [];

    /// <summary>The layouts of a graph's values. Graph inputs that are listed lie row-major and are copied for their readers.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="target">What kernels cost: layers with strides that are cheaper on the input as it lies read it so.</param>
    public static IReadOnlyDictionary<Value, PanelLayout> Run(Graph graph, CostTarget target)
    {
        var planner = new LayoutPlanner();
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is Conv && PanelConv.Applies(node))
            {
                planner.Add(node, target);
            }
        }

        return planner.Decide();
    }

    private void Add(Node node, CostTarget target)
    {
        ConvGeometry geometry = ConvGeometry.Of(node);
        Wish output = Of(node.Outputs[0]);
        output.SharesRows |= geometry.Group == 1 && geometry.Window.Kernel[1] > 1 && IsSparse(node.Input(1).Constant!.As<float>());
        if (DepthwiseConv.Applies(node) && geometry.IsSplit)
        {
            // Read as it lies.
            Wish input = Of(node.Input(0));
            input.Border = input.Border.Union(DepthwiseConv.Border(geometry));
        }
        else if (DenseChannelsStrategy.ReadsInPlace(node, target))
        {
            Wish input = Of(node.Input(0));
            input.Border = input.Border.Union(ConvGeometry.Of(node, readsInPlace: true).Border);
        }
        else if (geometry.IsSplit)
        {
            // The split copy has the output's row length, if that is flat.
            output.RowLength = Math.Max(output.RowLength, geometry.Width + geometry.Border.Side);
        }
        else
        {
            Wish input = Of(node.Input(0));
            input.Border = input.Border.Union(geometry.Border);
            Join(input, output);
        }

        if (node.InputOrNull(Conv.ResidualInput) is { } residual)
        {
            Join(Of(residual), output);
        }
    }

    private Wish Of(Value value)
    {
        if (!wishes.TryGetValue(value, out Wish? wish))
        {
            wish = new Wish();
            wishes.Add(value, wish);
        }

        return wish;
    }

    private static void Join(Wish a, Wish b) => a.Root().Parent = b.Root() == a.Root() ? null : b.Root();

    private Dictionary<Value, PanelLayout> Decide()
    {
        var layouts = new Dictionary<Value, PanelLayout>();
        foreach (var group in wishes.GroupBy(w => w.Value.Root()))
        {
            int length = group.Max(w => Math.Max(w.Value.RowLength, w.Key.Shape[-1] + w.Value.Border.Side));
            bool flat = IsFlat(group.Select(w => w.Key.Shape), length, group.Any(w => w.Value.SharesRows));
            foreach ((Value value, Wish wish) in group)
            {
                Shape s = value.Shape;
                int rowLength = flat ? length : PanelLayout.RoundUp(s[-1] + wish.Border.Side);
                layouts.Add(value, new PanelLayout(s[0], s[1], s.Rank == 5 ? s[2] : 1, s.Rank >= 4 ? s[-2] : 1, s[-1], flat, rowLength, wish.Border));
            }
        }

        return layouts;
    }

    /// <summary>False for planes that are too large to be flat.</summary>
    internal static bool MayBeFlat(int height, int rowLength) => (long)height * rowLength <= LargestFlatPlane;

    // Flat where the vectors that are computed, most of them junk columns or rounding, are fewer. Sparse kernels of several rows want them fewer by an eighth: a
    // tap of the next row lies a whole number of vectors away in row panels and not in flat planes, so that SparseTiles copies less.
    private static bool IsFlat(IEnumerable<Shape> shapes, int rowLength, bool sharesRows)
    {
        long flat = 0, rows = 0;
        foreach (Shape s in shapes)
        {
            int height = s.Rank >= 4 ? s[-2] : 1;
            if (height == 1 || !MayBeFlat(height, rowLength))
            {
                return false;
            }

            flat += PanelLayout.RoundUp(height * rowLength);
            rows += (long)height * PanelLayout.RoundUp(s[-1]);
        }

        return sharesRows ? 8 * flat <= 7 * rows : flat <= rows;
    }

    private static bool IsSparse(ReadOnlySpan<float> weights) => 2 * weights.Count(0f) > weights.Length;

    private sealed class Wish
    {
        public Wish? Parent { get; set; }

        public PanelBorder Border { get; set; }

        public int RowLength { get; set; }

        public bool SharesRows { get; set; }

        public Wish Root()
        {
            Wish at = this;
            while (at.Parent is { } parent)
            {
                at = parent;
            }

            return at;
        }
    }
}
