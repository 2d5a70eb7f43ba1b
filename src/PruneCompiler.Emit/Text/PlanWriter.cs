using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace PruneCompiler.Emit;

/// <summary>Prints a plan as text: stable, line by line, meant to be read and diffed. <see cref="PlanReader"/> is its inverse.</summary>
public static class PlanWriter
{
    /// <summary>Version of the text form; the reader refuses others.</summary>
    public const string FormatVersion = "1";

    /// <summary>The whole plan.</summary>
    public static string Write(ModelPlan plan)
    {
        var root = new PlanNode("");
        root.Add("prunecompiler-plan", FormatVersion);
        ModelInfo model = plan.Model;
        root.Add("model", model.FileName, model.Sha256, N(model.Opset), model.Producer, model.Compiler, model.Tolerance.ToString("R", CultureInfo.InvariantCulture));
        root.Add("class", plan.ClassName, plan.Namespace);
        WritePorts(root, "input", plan.Inputs);
        WritePorts(root, "output", plan.Outputs);
        root.Add("scratch", N(plan.ScratchBytes)).With(plan.ThreadBytes > 0 ? [plan.ThreadBytes] : []);
        root.Add("weights", plan.Weights.Resource, N(plan.Weights.Bytes), N(plan.Weights.VectorBytes));
        foreach (LayerRow row in plan.Layers)
        {
            PlanNode layer = root.Add("layer", row.Name, row.Operator, row.Shape);
            layer.Add("strategy", row.Strategy, row.Reason);
            layer.Add("macs", N(row.MacsBefore), N(row.MacsAfter));
            layer.Add("bytes", N(row.BytesBefore), N(row.BytesAfter));
            layer.Add("weights", N(row.WeightsBefore), N(row.WeightsAfter));
            layer.Add("channels", N(row.ChannelsBefore), N(row.ChannelsAfter));
        }

        foreach (string note in plan.Notes)
        {
            root.Add("note", note);
        }

        foreach (BufferPlan buffer in plan.Buffers)
        {
            root.Add("buffer", buffer.Name, buffer.Type, buffer.Kind.ToString().ToLowerInvariant(), N(buffer.Offset), N(buffer.Length));
        }

        foreach (Step step in plan.Steps)
        {
            WriteStep(root, step);
        }

        var text = new StringBuilder();
        foreach (PlanNode line in root.Children)
        {
            line.Write(text, 0);
        }

        return text.ToString();
    }

    private static void WritePorts(PlanNode root, string keyword, IEnumerable<Port> ports)
    {
        foreach (Port port in ports)
        {
            PlanNode node = root.Add(keyword, port.Name, port.Identifier, port.Type).With(port.Shape.Select(d => (long)d));
            if (port.CountAxis >= 0)
            {
                node.Add("count", N(port.CountAxis));
            }
        }
    }

    private static void WriteSteps(PlanNode parent, IEnumerable<Step> steps)
    {
        foreach (Step step in steps)
        {
            WriteStep(parent, step);
        }
    }

    private static void WriteStep(PlanNode parent, Step step)
    {
        PlanNode node = parent.Add("step", step.Name);
        foreach (string line in step.About)
        {
            node.Add("about", line);
        }

        if (step.Range is { } range)
        {
            node.Add("range", range.Unit, N(range.Count), N(range.Cycles));
        }

        if (step.Shared)
        {
            node.Add("shared");
        }

        if (step.Waits)
        {
            node.Add("waits");
        }

        switch (step.Body)
        {
            case CallBody call:
                WriteArguments(node.Add("call", call.Method), call.Arguments);
                break;
            case PiecesBody pieces:
                PlanNode list = node.Add("pieces");
                foreach (CallBody piece in pieces.Pieces)
                {
                    WriteArguments(list.Add("call", piece.Method), piece.Arguments);
                }

                break;
            case MapBody map:
                PlanNode loop = node.Add("map").With(Long(map.Shape));
                if (map.RangeAxis >= 0)
                {
                    loop.Add("range-axis", N(map.RangeAxis));
                }

                WriteOperand(loop, map.Out);
                foreach (Operand input in map.Inputs)
                {
                    WriteOperand(loop, input);
                }

                loop.Add("value", map.Value);
                break;
            case IfBody choice:
                PlanNode branches = node.Add("if", PlaceAtoms(choice.Condition));
                WriteSteps(branches.Add("then"), choice.Then);
                WriteSteps(branches.Add("else"), choice.Else);
                break;
            case LoopBody repeat:
                PlanNode body = node.Add("loop", PlaceAtoms(repeat.Counter));
                if (repeat.Trips is { } trips)
                {
                    body.Add("trips", N(trips));
                }

                if (repeat.TripsPlace is { } place)
                {
                    body.Add("trips-at", PlaceAtoms(place));
                }

                if (repeat.Condition is { } condition)
                {
                    body.Add("while", PlaceAtoms(condition));
                }

                WriteSteps(body, repeat.Steps);
                break;
            case BandsBody bands:
                PlanNode chain = node.Add("bands", N(bands.Rows));
                foreach (BandRead read in bands.Reads)
                {
                    chain.Add("read", N(read.Reader), N(read.Source), N(read.Reach.Stride), N(read.Reach.Above), N(read.Reach.Below));
                }

                foreach (BandWindow window in bands.Windows)
                {
                    long[] sizes = [window.Source, window.Lead, window.Tail, window.RowLength, window.Capacity, window.Top, window.Rows, window.Bottom];
                    chain.Add("window", [window.Buffer, .. sizes.Select(N)]);
                }

                WriteSteps(chain, bands.Steps);
                break;
            case UnrolledBody unrolled:
                UnrolledText.Write(node, unrolled);
                break;
            case ReduceBody reduce:
                PlanNode fold = node.Add("reduce");
                fold.Add("kept").With(Long(reduce.Shape));
                fold.Add("reduced").With(Long(reduce.Reduced));
                WriteOperand(fold, reduce.Out);
                foreach (Operand input in reduce.Inputs)
                {
                    WriteOperand(fold, input);
                }

                fold.Add("value", reduce.Value);
                fold.Add("fold", reduce.Fold);
                fold.Add("finish", reduce.Finish);
                break;
        }
    }

    private static void WriteOperand(PlanNode parent, Operand operand) =>
        parent.Add("operand", [operand.Name, operand.Type, .. PlaceAtoms(operand.Place)]).Add("strides").With(operand.Strides);

    private static void WriteArguments(PlanNode parent, IEnumerable<Argument> arguments)
    {
        foreach (Argument argument in arguments)
        {
            switch (argument)
            {
                case PointerArgument pointer:
                    PlanNode line = parent.Add("pointer", [pointer.Name, pointer.Type, .. PlaceAtoms(pointer.Place)]);
                    if (pointer.PerUnit != 0)
                    {
                        line.With([pointer.PerUnit]);
                    }

                    break;
                case RangeArgument range:
                    parent.Add(range.Kind.ToString().ToLowerInvariant(), range.Name, N(range.Total), N(range.PerUnit));
                    break;
                case CodeArgument code:
                    parent.Add("code", code.Name, code.Code);
                    break;
                case ListArgument list:
                    parent.Add("list", [list.Name, .. list.Values]);
                    break;
                case StructArgument structure:
                    WriteArguments(parent.Add("struct", structure.Name, structure.Type), structure.Fields);
                    break;
            }
        }
    }

    internal static string[] PlaceAtoms(Place place) => place switch
    {
        BufferPlace buffer => ["buffer", buffer.Buffer, N(buffer.Offset)],
        WeightsPlace weights => ["weights", weights.Section.ToString().ToLowerInvariant(), N(weights.Offset)],
        _ => throw new System.NotSupportedException(place.GetType().Name),
    };

    private static IEnumerable<long> Long(IEnumerable<int> values) => values.Select(v => (long)v);

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
