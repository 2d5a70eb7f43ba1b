using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>A graph that runs repeatedly (ONNX Loop, opsets 1 to 25). Short loops whose course is known are unrolled at import.</summary>
/// <remarks>
/// Inputs: trip count and condition (each may be left out), the carried values' starts, then what the body reads from around it. Attributes: body, a graph
/// with the inputs iteration, carried values, captured values and the outputs condition, carried values, rows; carried, the number of carried values.
/// Outputs: the carried values at the end, then the rows of all iterations stacked along a new first axis.
/// </remarks>
public sealed class Loop : Operator
{
    /// <inheritdoc/>
    public override string Name => "Loop";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        int carried = Carried(node);
        return Body(node).Outputs.Skip(1).Select((v, i) => i < carried ? v.TensorType : v.TensorType with { Shape = new Shape([Trips(node), .. v.Shape.Dims]) }).ToList();
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Graph body = Body(node);
        int carried = Carried(node);
        long trips = inputs[0]?.GetInt64(0) ?? long.MaxValue;
        bool go = inputs[1] is null || inputs[1]!.Bytes[0] != 0;
        Tensor[] state = inputs[2..(2 + carried)]!;
        var rows = node.Outputs.Skip(carried).Select(o => new List<byte[]>()).ToList();
        for (long i = 0; i < trips && go; i++)
        {
            Tensor iteration = Tensor.Scalar(i).Reshaped(body.Inputs[0].Shape);
            Tensor[] results = ReferenceEvaluator.Run(body, [iteration, .. state, .. inputs[(2 + carried)..]]);
            go = results[0].Bytes[0] != 0;
            state = results[1..(1 + carried)];
            for (int k = 0; k < rows.Count; k++)
            {
                rows[k].Add(results[1 + carried + k].Bytes);
            }
        }

        return [.. state, .. rows.Select((r, k) => new Tensor(node.Outputs[carried + k].Type, node.Outputs[carried + k].Shape, r.SelectMany(b => b).ToArray()))];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => new LoopLowering(node, Body(node), Carried(node), lowering).Lower();

    private static Graph Body(Node node) => node.Attributes.Graph("body") ?? throw new OperatorException(node, "has no body");

    private static int Carried(Node node) => (int)node.Attributes.Int("carried");

    private static int Trips(Node node) => checked((int)Math.Max(0, node.RequireConstant(0, "the trip count of a loop that collects rows").GetInt64(0)));
}
