using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The sequential part of RNN, GRU and LSTM: everything behind the product of the inputs. An operator of the compiler's own.</summary>
/// <remarks>
/// Inputs: 0 projection [steps * batch, directions * gates * hidden]; 1 R [directions, gates * hidden, hidden]; 2 recurrent bias of a linear GRU's hidden gate [directions, hidden];
/// 3 nothing; 4 sequence_lens [batch]; 5 initial_h and 6 initial_c [directions, batch, hidden]; 7 P [directions, 3 * hidden]. Outputs: Y [steps, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden].
/// </remarks>
public sealed class RecurrentLayer : Operator
{
    /// <summary>The domain of operators that only the compiler makes.</summary>
    public const string OwnDomain = "prunecompiler";

    /// <inheritdoc/>
    public override string Name => "Recurrent";

    /// <inheritdoc/>
    public override string Domain => OwnDomain;

    /// <inheritdoc/>
    public override ChannelRule Channels => RecurrentRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape r = node.Input(1).Shape;
        int steps = (int)node.Attributes.Int("steps"), batch = (int)node.Attributes.Int("batch");
        var last = new TensorType(ElementType.Float32, new Shape(r[0], batch, r[2]));
        return [new TensorType(ElementType.Float32, new Shape(steps, r[0], batch, r[2])), last, last];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => new RecurrentReference(node, inputs).Run();

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        Shape r = node.Input(1).Shape;
        return new LayerSize(r.Count * node.Attributes.Int("steps") * node.Attributes.Int("batch"), LayerSize.WeightsOf(node.Input(1)), r[2]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => RecurrentLowering.Lower(node, lowering);

    internal static RecurrentKind Kind(Node node) => (RecurrentKind)node.Attributes.Int("kind");

    internal static int Gates(RecurrentKind kind) => kind switch { RecurrentKind.Rnn => 1, RecurrentKind.Lstm => 4, _ => 3 };

    /// <summary>Whether a direction runs from the last step to the first.</summary>
    internal static bool IsReverse(Node node, int direction) => direction == 1 || node.Attributes.Text("direction") == "reverse";

    /// <summary>The activations of a direction.</summary>
    internal static (RecurrentFunction Function, float Alpha, float Beta)[] Activations(Node node, int direction, int directions)
    {
        long[] functions = node.Attributes.Ints("functions")!;
        float[] alpha = node.Attributes.Floats("alpha")!, beta = node.Attributes.Floats("beta")!;
        int count = functions.Length / directions;
        return Enumerable.Range(direction * count, count).Select(i => ((RecurrentFunction)functions[i], alpha[i], beta[i])).ToArray();
    }
}
