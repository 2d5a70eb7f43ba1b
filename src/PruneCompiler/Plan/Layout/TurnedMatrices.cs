using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Plan.Layout;

/// <summary>
/// Results of sparse matrix products that lie turned, [column][row]: the kernel computes them in this order, and turning them to row-major order costs about a third of a product at 90 % zeros.
/// </summary>
/// <remarks>Only where all that reads them wants it so: another sparse product, which would turn them back, with element-wise nodes between the two, or views that make it row-major (the keys of attention).</remarks>
internal static class TurnedMatrices
{
    // Below it a tile of 16 is half empty and the transposition short.
    private const int FewestRows = 8;

    // With fewer zeros a sparse product is not worth predicting.
    private const double FewestZeros = 0.3;

    /// <summary>The values to be stored with the strides of <see cref="Strides"/>.</summary>
    public static HashSet<Value> Run(Graph graph, CompileOptions options)
    {
        var result = new HashSet<Value>();
        var sparse = new Dictionary<Node, bool>();
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator is MatMul or Gemm && Reaches(node.Outputs[0]) is { } values && IsSparse(node))
            {
                result.UnionWith(values);
            }
        }

        return result;

        bool IsSparse(Node node)
        {
            if (!sparse.TryGetValue(node, out bool known))
            {
                MatrixLayer? layer = node.Operator is Gemm ? MatrixLayer.OfGemm(node, null) : MatrixLayer.OfMatMul(node, null);
                known = layer is { M: >= FewestRows } && layer.Zeros >= FewestZeros && Choice.Pick(ManyRowStrategies.Candidates(layer, options.Target), layer.Zeros, options).Best.Strategy == ManyRowStrategies.SparseMatrix;
                sparse.Add(node, known);
            }

            return known;
        }

        // The values from this one on to a reader that wants them turned; null when something else reads one of them.
        List<Value>? Reaches(Value value)
        {
            var values = new List<Value>();
            while (true)
            {
                if (value.Shape.Rank < 2 || value.Type != ElementType.Float32 || graph.Outputs.Contains(value) || value.Uses.Count != 1)
                {
                    return null;
                }

                values.Add(value);
                Node reader = value.Uses[0];
                if (graph.IndexOf(reader) < 0)
                {
                    return null; // in a branch or loop
                }

                if (reader.Operator is MatMul || (reader.Operator is Gemm && reader.Attributes.Int("transA") == 0))
                {
                    return reader.Input(0) == value && IsSparse(reader) ? values : null;
                }

                if (reader.Operator is Reshape or Transpose)
                {
                    return BecomesPlain(value) ? values : null;
                }

                Value next = reader.Outputs[0];
                if (reader.Operator is not ElementwiseOperator || reader.Outputs.Count != 1 || next.Shape != value.Shape || next.Type != value.Type || reader.Inputs.Any(i => i is not null && i != value && !IsPerColumn(i)))
                {
                    return null;
                }

                value = next;
            }
        }

        bool BecomesPlain(Value value)
        {
            View? view = View.Of(value.Shape) with { Strides = Strides(value.Shape) };
            while (view is not null && value.Uses.Count == 1 && !graph.Outputs.Contains(value) && value.Uses[0] is { Operator: Reshape or Transpose } reader && reader.Input(0) == value)
            {
                value = reader.Outputs[0];
                view = reader.Operator is Transpose ? view.Transpose(Transpose.Order(reader)) : view.Reshape(value.Shape);
            }

            return view is not null && new Storage(value.Type, value.Shape, new BufferPlace("", 0), view.Strides).IsPlain;
        }
    }

    /// <summary>The strides of a turned value: the last axis is the outermost, the others are row-major within it.</summary>
    public static long[] Strides(Shape shape)
    {
        long rows = shape.Count / shape[-1];
        return Array.ConvertAll(shape.Strides(), s => s == 1 ? rows : s / (long)shape[-1]);
    }

    // A number, or one for each column: read with any strides at no cost.
    private static bool IsPerColumn(Value value) => value.Constant is not null && (value.Shape.Rank == 0 || value.Shape.Count == value.Shape[-1]);
}
