using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>One of two graphs, chosen at run time (ONNX If, opsets 1 to 25). A choice that is known at compile time is made at import.</summary>
/// <remarks>
/// Inputs: the condition, then what the branches read from around them. Attributes then_branch and else_branch are graphs
/// whose inputs are just these captured values.
/// </remarks>
public sealed class If : Operator
{
    /// <inheritdoc/>
    public override string Name => "If";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        List<Value> then = Branch(node, "then_branch").Outputs, otherwise = Branch(node, "else_branch").Outputs;
        if (then.Count != otherwise.Count || then.Count < node.Outputs.Count)
        {
            throw new OperatorException(node, $"its branches have {then.Count} and {otherwise.Count} outputs");
        }

        for (int i = 0; i < then.Count; i++)
        {
            if (then[i].TensorType != otherwise[i].TensorType)
            {
                throw new OperatorException(node, $"output {i} is {then[i].TensorType} in one branch and {otherwise[i].TensorType} in the other; the condition must then be known at compile time") { MissingConstant = node.Input(0) };
            }
        }

        return then.Select(v => v.TensorType).ToList();
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Graph branch = Branch(node, inputs[0]!.Bytes[0] != 0 ? "then_branch" : "else_branch");
        return ReferenceEvaluator.Run(branch, inputs[1..]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage condition = lowering.Read(node.Input(0));
        List<Storage> outputs = node.Outputs.Select(lowering.Write).ToList();
        lowering.Add(node, $"{node.Name}: one of two branches, chosen by {node.Input(0).Name}.", new IfBody(condition.Place, Lower("then_branch"), Lower("else_branch")));

        List<Step> Lower(string name) => lowering.Collect(() =>
        {
            Graph branch = Branch(node, name);
            for (int i = 0; i < branch.Inputs.Count; i++)
            {
                lowering.Bind(branch.Inputs[i], lowering.Read(node.Input(i + 1)));
            }

            lowering.LowerNodes(branch);
            for (int i = 0; i < outputs.Count; i++)
            {
                lowering.Copy(node, $"{node.Name}: {node.Outputs[i].Name} leaves the branch.", lowering.Read(branch.Outputs[i]), outputs[i]);
            }
        });
    }

    private static Graph Branch(Node node, string name) => node.Attributes.Graph(name) ?? throw new OperatorException(node, $"has no {name}");
}
