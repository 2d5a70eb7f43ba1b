using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>
/// What one ONNX operator means: its types, its reference evaluation, how it becomes kernels. One folder or file per operator;
/// instances are stateless and listed in <see cref="OperatorRegistry"/>.
/// </summary>
public abstract class Operator
{
    /// <summary>The newest opset of the default domain that the compiler has been written for.</summary>
    public const int NewestOpset = 26;

    /// <summary>The operator's name in ONNX.</summary>
    public abstract string Name { get; }

    /// <summary>The operator's domain; empty for ONNX's own.</summary>
    public virtual string Domain => "";

    /// <summary>False for operators whose result is not a function of their inputs (random numbers).</summary>
    public virtual bool IsPure => true;

    /// <summary>True for operators whose result follows from the types of their inputs (Shape): <see cref="Evaluate"/> is then also called with absent contents.</summary>
    public virtual bool ReadsTypesOnly => false;

    /// <summary>What the operator does with dead and constant channels.</summary>
    public virtual ChannelRule Channels => ChannelRule.Opaque;

    /// <summary>Checks the node and gives the types of its outputs.</summary>
    /// <exception cref="OperatorException">The node breaks the operator's rules.</exception>
    public abstract IReadOnlyList<TensorType> Infer(Node node);

    /// <summary>Computes the outputs, slowly and plainly: the definition that everything else is tested against, and the constant folder.</summary>
    /// <param name="node">The node; its types have been inferred.</param>
    /// <param name="inputs">Contents; null where an optional input is left out.</param>
    public abstract Tensor[] Evaluate(Node node, Tensor?[] inputs);

    /// <summary>
    /// Rewrites a node into simpler ones in front of it, for operators that are functions of others (ONNX's own function bodies, say).
    /// Returns the values that take the place of its outputs, or null to keep the node.
    /// </summary>
    public virtual IReadOnlyList<Value>? Decompose(Node node, Graph graph) => null;

    /// <summary>The size of a layer that multiplies by weights, as it would run densely; null for operators that have none.</summary>
    public virtual LayerSize? Measure(Node node) => null;

    /// <summary>Turns the node into steps of the plan.</summary>
    public abstract void Lower(Node node, Lowering lowering);

    /// <summary>Runs <see cref="Infer"/> and stores the result in the node's outputs.</summary>
    public void InferTypes(Node node)
    {
        IReadOnlyList<TensorType> types = Infer(node);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            if (i >= types.Count)
            {
                throw new OperatorException(node, $"has {node.Outputs.Count} outputs where {types.Count} are defined");
            }

            node.Outputs[i].TensorType = types[i];
        }
    }
}
