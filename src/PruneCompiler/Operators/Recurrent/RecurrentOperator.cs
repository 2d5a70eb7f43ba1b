using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>
/// What RNN, GRU and LSTM share. At import a node becomes a Gemm over all steps and directions, so that the input weights take part in everything that is done for Gemm,
/// and a <see cref="RecurrentLayer"/> for what remains sequential.
/// </summary>
/// <remarks>Other float types than float32 are computed in float32. Inputs: X [steps, batch, inputs], W [directions, gates * hidden, inputs], R [directions, gates * hidden, hidden], B, sequence_lens, initial_h, initial_c, P.</remarks>
public abstract class RecurrentOperator : Operator
{
    /// <summary>Gates of the layer.</summary>
    protected abstract int Gates { get; }

    /// <summary>Activations of one direction where the node names none.</summary>
    protected abstract string[] DefaultActivations { get; }

    /// <summary>Values that a layer hands on besides the state: 1 for the cell of an LSTM.</summary>
    protected virtual int Cells => 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        RecurrentShape s = RecurrentShape.Of(node, Gates, 3);
        RecurrentActivations.Of(node, s.Directions, DefaultActivations);
        ElementType type = node.Input(0).Type;
        var all = new TensorType(type, s.BatchFirst ? new Shape(s.Batch, s.Steps, s.Directions, s.Hidden) : new Shape(s.Steps, s.Directions, s.Batch, s.Hidden));
        var last = new TensorType(type, s.BatchFirst ? new Shape(s.Batch, s.Directions, s.Hidden) : new Shape(s.Directions, s.Batch, s.Hidden));
        return [all, last, .. Enumerable.Repeat(last, Cells)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => FunctionOperator.EvaluateDecomposed(node, inputs);

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        if (SinglePrecision.Wrap(node, graph) is { } converted)
        {
            return converted;
        }

        RecurrentShape s = RecurrentShape.Of(node, Gates, 3);
        int rows = s.Directions * Gates * s.Hidden;
        Value x = s.BatchFirst ? Turn(node.Input(0), 1, 0, 2) : node.Input(0);
        Value flat = Reshape(x, s.Steps * s.Batch, s.Inputs), w = Reshape(node.Input(1), rows, s.Inputs);
        (Value? bias, Value? hiddenBias) = Bias();
        Value projection = Insert("Gemm", "inputs", [flat, w, bias], new Attributes().Set("transB", 1));
        Value?[] states = [.. new[] { 5, 6 }.Select(i => node.InputOrNull(i) is { } v && s.BatchFirst ? Turn(v, 1, 0, 2) : node.InputOrNull(i))];
        List<(RecurrentFunction Function, float Alpha, float Beta)> activations = RecurrentActivations.Of(node, s.Directions, DefaultActivations);
        Attributes attributes = new Attributes()
            .Set("kind", (int)Kind(node)).Set("steps", s.Steps).Set("batch", s.Batch).Set("direction", node.Attributes.Text("direction", "forward"))
            .Set("input_forget", node.Attributes.Int("input_forget")).Set("clip", node.Attributes.Float("clip", float.PositiveInfinity))
            .Set("functions", activations.Select(a => (int)a.Function).ToArray())
            .Set("alpha", activations.Select(a => a.Alpha).ToArray()).Set("beta", activations.Select(a => a.Beta).ToArray());
        Node layer = graph.Insert(node, node.Name, "Recurrent", [projection, node.Input(2), hiddenBias, null, node.InputOrNull(4), states[0], states[1], node.InputOrNull(7)], attributes, 2 + Cells, RecurrentLayer.OwnDomain);
        List<Value> results = [.. layer.Outputs];
        return results.Take(node.Outputs.Count).Select((v, i) => !s.BatchFirst ? v : i == 0 ? Turn(v, 2, 0, 1, 3) : Turn(v, 1, 0, 2)).ToList();

        Value Insert(string operatorName, string what, Value?[] inputs, Attributes? set = null) => graph.Insert(node, $"{node.Name} {what}", operatorName, inputs, set).Outputs[0];
        Value Numbers(params long[] values) => graph.Constant("numbers", Tensor.Vector<long>(values));
        Value Reshape(Value v, params long[] dims) => Insert("Reshape", "view", [v, Numbers(dims)]);
        Value Turn(Value v, params long[] order) => Insert("Transpose", "turned", [v], new Attributes().Set("perm", order));
        Value Part(Value v, long axis, long from, long to) => Insert("Slice", "part", [v, Numbers(from), Numbers(to), Numbers(axis)]);

        // B is [directions, input biases then recurrent biases]. Both are added to the product of the inputs, except where a reset gate comes in between.
        (Value? Bias, Value? Hidden) Bias()
        {
            if (node.InputOrNull(3) is not { } b)
            {
                return (null, null);
            }

            long g = Gates * s.Hidden;
            Value input = Part(b, 1, 0, g), recurrent = Part(b, 1, g, 2 * g);
            Value? hidden = null;
            if (Kind(node) == RecurrentKind.GruLinear)
            {
                hidden = Part(recurrent, 1, 2 * s.Hidden, 3 * s.Hidden);
                Value zeros = graph.Constant("zeros", new Tensor(ElementType.Float32, new Shape(s.Directions, s.Hidden)));
                recurrent = Insert("Concat", "part", [Part(recurrent, 1, 0, 2 * s.Hidden), zeros], new Attributes().Set("axis", 1));
            }

            return (Reshape(Insert("Add", "bias", [input, recurrent]), rows), hidden);
        }
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => throw new NotSupportedException($"{Name} is taken apart at import.");

    /// <summary>What one step computes.</summary>
    private protected abstract RecurrentKind Kind(Node node);
}
