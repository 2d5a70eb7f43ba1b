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
        var candidates = layer.M == 1 ? VectorStrategies.Candidates(layer, lowering.Options.Target) : ManyRowStrategies.Candidates(layer, lowering.Options.Target);
        (Candidate<MatrixCall> best, string reason) = Choice.Pick(candidates, layer.Zeros, lowering.Options);
        MatrixCall call = best.Build();
        Node node = layer.Node;
        Storage x = call.ReadableInputs > 0 ? lowering.ReadPadded(node, layer.A, call.ReadableInputs) : layer.A;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        Epilogue epilogue = Epilogue.Of(node);
        lowering.Layer(node, best.Strategy, reason, call.Weights * layer.M, call.Bytes, call.Weights, Choice.Predictions(candidates));
        lowering.Call(
            node,
            $"{node.Name}: {LayerStatistics.Title(node)}, {layer.K} -> {layer.N}{(layer.M > 1 ? $" for {layer.M} rows" : "")}, {best.Strategy}.\n{reason}.",
            call.Method,
            [.. call.Arguments(lowering, x, y, layer.Residual), Arg.Float("lo", epilogue.Low), Arg.Float("hi", epilogue.High)]);
    }
}

/// <summary>A kernel with packed weights.</summary>
/// <param name="Method">Runtime class and method.</param>
/// <param name="Weights">Weights that are multiplied, for one row.</param>
/// <param name="Bytes">Bytes of the packed form.</param>
/// <param name="ReadableInputs">Floats that must be readable at the input; 0 for no more than there are.</param>
/// <param name="Arguments">The arguments for input, output and residual, without the bounds.</param>
internal sealed record MatrixCall(string Method, long Weights, long Bytes, int ReadableInputs, Func<Lowering, Storage, Storage, Storage?, IEnumerable<Argument>> Arguments);
