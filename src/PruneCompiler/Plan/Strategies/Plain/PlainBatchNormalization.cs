using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan.Strategies;

/// <summary>BatchNormalization that could not be folded into a neighbour.</summary>
internal static class PlainBatchNormalization
{
    /// <summary>Lowers the node.</summary>
    public static void Lower(Node node, Lowering lowering)
    {
        ElementType type = node.Input(0).Type;
        bool training = BatchNormalization.IsTraining(node);
        Storage x = training ? lowering.ReadPlain(node, node.Input(0)) : PlainPool.ReadRows(node, lowering, node.Input(0));
        Storage[] parameters = Enumerable.Range(1, 4).Select(i => lowering.ReadPlain(node, node.Input(i))).ToArray();
        Storage y = training ? lowering.WritePlain(node, node.Outputs[0]) : lowering.Write(node.Outputs[0]);
        Storage? mean = training && node.Outputs.Count > 1 ? lowering.WritePlain(node, node.Outputs[1]) : null;
        Storage? variance = training && node.Outputs.Count > 2 ? lowering.WritePlain(node, node.Outputs[2]) : null;
        List<Argument> arguments =
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("scale", parameters[0]),
            Arg.Pointer("bias", parameters[1]),
            Arg.Pointer("mean", parameters[2]),
            Arg.Pointer("variance", parameters[3]),
            Arg.Int("images", x.Shape[0]),
            Arg.Int("channels", x.Shape[1]),
            Arg.Float("epsilon", node.Attributes.Float("epsilon", 1e-5f)),
        ];
        if (training)
        {
            arguments.AddRange(
            [
                Arg.Int("plane", x.Shape.Count / Math.Max(1, x.Shape[0] * x.Shape[1])),
                Arg.Float("momentum", node.Attributes.Float("momentum", 0.9f)),
                PlainElements.Optional("newMean", mean),
                PlainElements.Optional("newVariance", variance),
            ]);
        }
        else
        {
            int rank = x.Shape.Rank;
            if (rank > 5)
            {
                throw new OperatorException(node, $"the input has shape {x.Shape}; at most three spatial axes are supported");
            }

            arguments.AddRange(
            [
                Arg.Ints("size", [.. Enumerable.Repeat(1, 5 - rank), .. x.Shape.Dims[2..]]),
                Arg.Ints("xSteps", PlainPool.Steps(x)),
                Arg.Ints("ySteps", PlainPool.Steps(y)),
            ]);
        }

        lowering.Call(
            node,
            $"{node.Name}: batch normalisation of {x.Shape}{(training ? " with its own statistics" : "")}.",
            $"BatchNormalization.{(training ? "Training" : "Run")}<{PlainElements.TypeArguments(node, type)}>",
            [.. arguments]);
    }
}
