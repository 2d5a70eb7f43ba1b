using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Chooses and lowers matrix products in float32: one vector or many, sparse or dense, constant weights or computed operands.</summary>
internal static class MatrixProduct
{
    /// <summary>Lowers a Gemm.</summary>
    public static void LowerGemm(Node node, Lowering lowering)
    {
        if (MatrixLayer.OfGemm(node, lowering) is { } layer)
        {
            Lower(layer, lowering);
        }
        else if (!ComputedMatrices.TryLowerGemm(node, lowering))
        {
            PlainMatrixProduct.LowerGemm(node, lowering);
        }
    }

    /// <summary>Lowers a MatMul.</summary>
    public static void LowerMatMul(Node node, Lowering lowering)
    {
        if (MatrixLayer.OfMatMul(node, lowering) is { } layer)
        {
            Lower(layer, lowering);
        }
        else if (!ComputedMatrices.TryLowerMatMul(node, lowering))
        {
            PlainMatrixProduct.LowerMatMul(node, lowering);
        }
    }

    /// <summary>Lowers a product with constant weights.</summary>
    public static void Lower(MatrixLayer layer, Lowering lowering)
    {
        List<Candidate<MatrixCall>> candidates = Candidates(layer, lowering.Options.Target);
        (Candidate<MatrixCall> best, string reason) = Choice.Pick(candidates, layer.Zeros, lowering.Options);
        Node node = layer.Node;
        Value result = node.Outputs[0];
        string constants = "";
        if (!best.IsDense && Widened(layer, lowering) is { } wide)
        {
            // An output without weights costs a sparse kernel next to nothing, less than copying all others past it.
            result = result.Uses[0].Outputs[0];
            constants = $", {wide.N - layer.N} constants among its outputs";
            layer = wide;
            best = Candidates(layer, lowering.Options.Target).First(c => c.Strategy == best.Strategy);
        }

        MatrixCall call = best.Build();
        Storage x = call.ReadableInputs > 0 ? lowering.ReadPadded(node, layer.A, call.ReadableInputs) : layer.A;
        Storage y = best.Strategy == ManyRowStrategies.SparseMatrix && lowering.IsTurned(result) && layer.Residual is null ? lowering.Write(result) : lowering.WritePlain(node, result);
        Epilogue epilogue = Epilogue.Of(node);
        lowering.Layer(node, best.Strategy, reason, call.Weights * layer.M, call.Bytes, call.Weights, Choice.Predictions(candidates));
        lowering.Call(
            node,
            $"{node.Name}: {LayerStatistics.Title(node)}, {layer.K} -> {layer.N}{(layer.M > 1 ? $" for {layer.M} rows" : "")}, {best.Strategy}{constants}.\n{reason}.",
            call.Method,
            [.. call.Arguments(lowering, x, y, layer.Residual), Arg.Float("lo", epilogue.Low), Arg.Float("hi", epilogue.High)]);
    }

    /// <summary>Ways to run a product.</summary>
    public static List<Candidate<MatrixCall>> Candidates(MatrixLayer layer, CostTarget target) =>
        layer.M == 1 ? VectorStrategies.Candidates(layer, target) : ManyRowStrategies.Candidates(layer, target);

    // The layer with the constant columns that a Widen, its only reader, puts between its own; null where there is none or they do not fit.
    private static MatrixLayer? Widened(MatrixLayer layer, Lowering lowering)
    {
        Value narrow = layer.Node.Outputs[0];
        if (lowering.IsOutput(narrow) || narrow.Uses.Count != 1 || narrow.Uses[0] is not { Operator: Widen } widen || layer.Residual is not null || Widen.Columns(widen) is not { } columns)
        {
            return null;
        }

        (int[] places, float[] bias) = columns;
        Epilogue epilogue = Epilogue.Of(layer.Node);
        if (bias.Length > SparseGemmPack.OutputLimit || bias.Any(b => !(b >= epilogue.Low && b <= epilogue.High)))
        {
            return null;
        }

        float[] weights = new float[bias.Length * layer.K];
        for (int i = 0; i < layer.N; i++)
        {
            layer.Weights.AsSpan(i * layer.K, layer.K).CopyTo(weights.AsSpan(places[i] * layer.K));
            bias[places[i]] = layer.Bias.Length == 0 ? 0 : layer.Bias[i];
        }

        return layer with { N = bias.Length, Weights = weights, Bias = bias };
    }
}

/// <summary>A kernel with packed weights.</summary>
/// <param name="Method">Runtime class and method.</param>
/// <param name="Weights">Weights that are multiplied, for one row.</param>
/// <param name="Bytes">Bytes of the packed form.</param>
/// <param name="ReadableInputs">Floats that must be readable at the input; 0 for no more than there are.</param>
/// <param name="Arguments">The arguments for input, output and residual, without the bounds.</param>
internal sealed record MatrixCall(string Method, long Weights, long Bytes, int ReadableInputs, Func<Lowering, Storage, Storage, Storage?, IEnumerable<Argument>> Arguments);
