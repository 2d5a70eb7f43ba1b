using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Lowers a recurrent layer to one kernel call per direction. The recurrent weights go to whichever batch-1 kernel is predicted to be the fastest.</summary>
internal static class RecurrentLowering
{
    public static void Lower(Node node, Lowering lowering)
    {
        Shape y = node.Outputs[0].Shape;
        int steps = y[0], directions = y[1], batch = y[2], hidden = y[3];
        RecurrentKind kind = RecurrentLayer.Kind(node);
        int gates = RecurrentLayer.Gates(kind);
        bool gru = kind is RecurrentKind.Gru or RecurrentKind.GruLinear;
        Storage projection = lowering.ReadPlain(node, node.Input(0));
        Storage? computed = node.ConstantInput(1) is null ? lowering.ReadPlain(node, node.Input(1)) : null;
        Storage?[] optional = Enumerable.Range(0, 8).Select(i => i < 2 || node.InputOrNull(i) is not { } v ? null : lowering.ReadPlain(node, v)).ToArray();
        List<Storage> outputs = node.Outputs.Select(o => lowering.WritePlain(node, o)).ToList();
        float clip = node.Attributes.Float("clip", float.PositiveInfinity);
        var row = new Row();
        for (int d = 0; d < directions; d++)
        {
            int reasons = row.Reasons.Count;
            int second = gru ? 2 : gates;
            Argument[] arguments =
            [
                Arg.Code("kind", $"RecurrentKind.{kind}"),
                Matrix("first", d * gates, second, row),
                gru ? Matrix("second", (d * gates) + 2, 1, row) : Arg.Code("second", "default"),
                Arg.Pointer("projection", ElementType.Float32, projection.At((long)d * gates * hidden)),
                Arg.Int("projectionRow", (long)directions * gates * hidden),
                Optional("hiddenBias", 2, hidden, d),
                Optional("peepholes", 7, 3 * hidden, d),
                Optional("lengths", 4, 0, d),
                Optional("start", 5, batch * hidden, d),
                Optional("startCell", 6, batch * hidden, d),
                Arg.Pointer("output", ElementType.Float32, outputs[0].At((long)d * batch * hidden)),
                Arg.Int("outputStep", (long)directions * batch * hidden),
                Arg.Pointer("last", ElementType.Float32, outputs[1].At((long)d * batch * hidden)),
                kind == RecurrentKind.Lstm ? Arg.Pointer("lastCell", ElementType.Float32, outputs[2].At((long)d * batch * hidden)) : Arg.Code("lastCell", "null"),
                Arg.Int("steps", steps),
                Arg.Int("batch", batch),
                Arg.Int("hidden", hidden),
                Arg.Bool("reverse", RecurrentLayer.IsReverse(node, d)),
                Arg.Bool("inputForget", node.Attributes.Int("input_forget") != 0),
                Arg.Float("clip", clip),
                .. Activations(node, d, directions),
                Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(node.Name + " state", ElementType.Float32, Recurrent.ScratchFloats(hidden))),
            ];
            string direction = directions == 2 ? d == 0 ? ", forward" : ", backward" : "";
            lowering.Call(node, $"{node.Name}: the {Title(kind)} steps{direction}, {steps} of {batch} x {hidden}.\n{string.Join("; ", row.Reasons.Skip(reasons))}.", "Recurrent.Run", arguments);
        }

        lowering.Layer(node, row.Strategy, string.Join("; ", row.Reasons.Distinct()), row.Weights * steps * batch, row.Bytes, row.Weights);

        Argument Matrix(string name, int gate, int count, Row row)
        {
            int outputs = count * hidden;
            long offset = (long)gate * hidden * hidden;
            Argument[] sizes = [Arg.Int("inputs", hidden), Arg.Int("outputs", outputs)];
            if (node.ConstantInput(1) is not { } constant)
            {
                row.Add("plain", "the weights are computed at run time", (long)outputs * hidden, 0);
                return Arg.Struct(name, "GateMatrix", [Arg.Code("kernel", "GateKernel.Plain"), .. sizes, Arg.Pointer("weights", ElementType.Float32, computed!.At(offset))]);
            }

            float[] weights = constant.As<float>().Slice((int)offset, outputs * hidden).ToArray();
            var layer = new MatrixLayer(node, projection, hidden, 1, 1, hidden, outputs, weights, [], null);
            (Candidate<MatrixCall> best, string reason) = Choice.Pick(VectorStrategies.Candidates(layer, lowering.Options.Target).Where(c => Kernel(c) is not null).ToList(), layer.Zeros, lowering.Options);
            MatrixCall call = best.Build();
            row.Add(best.Strategy, reason, call.Weights, call.Bytes);
            IEnumerable<Argument> packed = call.Arguments(lowering, projection, projection, null).Where(a => a.Name is not ("x" or "y" or "residual" or "inputs" or "outputs"));
            return Arg.Struct(name, "GateMatrix", [Arg.Code("kernel", $"GateKernel.{Kernel(best)}"), .. sizes, .. packed]);
        }

        Argument Optional(string name, int input, int perDirection, int d) => optional[input] is { } storage
            ? Arg.Pointer(name, storage.Type, storage.At((long)perDirection * d))
            : Arg.Code(name, "null");
    }

    private static string? Kernel(Candidate<MatrixCall> candidate) => candidate.Strategy switch
    {
        "dense vector" => "Dense",
        "sparse vector by rows" => "Rows",
        "sparse vector by windows" => "Windows",
        _ => null, // kernels that GateMatrix does not know
    };

    private static IEnumerable<Argument> Activations(Node node, int direction, int directions)
    {
        var list = RecurrentLayer.Activations(node, direction, directions);
        for (int i = 0; i < 3; i++)
        {
            string name = "fgh"[i].ToString();
            yield return i < list.Length
                ? Arg.Struct(name, "RecurrentActivation", Arg.Code("function", $"RecurrentFunction.{list[i].Function}"), Arg.Float("alpha", list[i].Alpha), Arg.Float("beta", list[i].Beta))
                : Arg.Code(name, "default");
        }
    }

    /// <summary>The operator's name in ONNX.</summary>
    internal static string Title(RecurrentKind kind) => kind switch { RecurrentKind.Rnn => "RNN", RecurrentKind.Lstm => "LSTM", _ => "GRU" };

    // What the table of layers says about the matrices of all directions.
    private sealed class Row
    {
        public List<string> Reasons { get; } = [];

        public string Strategy { get; private set; } = "";

        public long Weights { get; private set; }

        public long Bytes { get; private set; }

        public void Add(string strategy, string reason, long weights, long bytes)
        {
            Strategy = Reasons.Count == 0 || Strategy.EndsWith(strategy, StringComparison.Ordinal) ? Strategy.Length == 0 ? strategy : Strategy : $"{Strategy}, {strategy}";
            Reasons.Add(reason);
            Weights += weights;
            Bytes += bytes;
        }
    }
}
