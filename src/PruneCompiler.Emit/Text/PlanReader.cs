using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Reads the text form of a plan. The inverse of <see cref="PlanWriter"/>.</summary>
public static class PlanReader
{
    /// <summary>Parses a plan.</summary>
    /// <exception cref="FormatException">The text is no plan of this version; says the line.</exception>
    public static ModelPlan Read(string text)
    {
        PlanNode root = PlanNode.Parse(text);
        if (root.Children.Count == 0 || root.Children[0].Keyword != "prunecompiler-plan" || root.Children[0][0] != PlanWriter.FormatVersion)
        {
            throw new FormatException($"not a plan of version {PlanWriter.FormatVersion}; rebuild the project so that the model is compiled again.");
        }

        PlanNode model = One(root, "model"), type = One(root, "class"), weights = One(root, "weights");
        return new ModelPlan
        {
            Model = new ModelInfo(model[0], model[1], (int)model.Number(2), model[3], model[4], float.Parse(model[5], CultureInfo.InvariantCulture)),
            ClassName = type[0],
            Namespace = type[1],
            Inputs = All(root, "input").Select(ReadPort).ToList(),
            Outputs = All(root, "output").Select(ReadPort).ToList(),
            ScratchBytes = One(root, "scratch").Number(0),
            ThreadBytes = One(root, "scratch") is { Atoms.Count: > 1 } scratch ? scratch.Number(1) : 0,
            Weights = new WeightsInfo(weights[0], weights.Number(1), weights.Number(2)),
            Layers = All(root, "layer").Select(ReadLayer).ToList(),
            Notes = All(root, "note").Select(n => n[0]).ToList(),
            Buffers = All(root, "buffer").Select(n => new BufferPlan(n[0], n[1], Kind<BufferKind>(n, 2), n.Number(3), n.Number(4))).ToList(),
            Steps = All(root, "step").Select(ReadStep).ToList(),
        };
    }

    private static Port ReadPort(PlanNode node)
    {
        PlanNode? count = All(node, "count").FirstOrDefault();
        return new Port(node[0], node[1], node[2], node.Numbers(3).Select(n => (int)n).ToList(), count is null ? -1 : (int)count.Number(0));
    }

    private static LayerRow ReadLayer(PlanNode node)
    {
        PlanNode strategy = One(node, "strategy"), macs = One(node, "macs"), bytes = One(node, "bytes"), weights = One(node, "weights"), channels = One(node, "channels");
        return new LayerRow(
            node[0], node[1], strategy[0], strategy[1], macs.Number(0), macs.Number(1), bytes.Number(0), bytes.Number(1), weights.Number(0), weights.Number(1), (int)channels.Number(0), (int)channels.Number(1), node[2]);
    }

    private static Step ReadStep(PlanNode node)
    {
        var about = All(node, "about").Select(n => n[0]).ToList();
        PlanNode body = node.Children.First(c => c.Keyword is not ("about" or "range" or "shared" or "waits"));
        return new Step(node[0], about, ReadBody(body))
        {
            Range = All(node, "range").Select(r => new StepRange(r[0], (int)r.Number(1), r.Number(2))).FirstOrDefault(),
            Shared = All(node, "shared").Any(),
            Waits = All(node, "waits").Any(),
        };
    }

    private static List<Step> ReadSteps(PlanNode parent) => All(parent, "step").Select(ReadStep).ToList();

    private static StepBody ReadBody(PlanNode body)
    {
        List<Operand> operands = All(body, "operand").Select(ReadOperand).ToList();
        switch (body.Keyword)
        {
            case "call":
                return ReadCall(body);
            case "pieces":
                return new PiecesBody(All(body, "call").Select(ReadCall).ToList());
            case "map":
                PlanNode? axis = All(body, "range-axis").FirstOrDefault();
                return new MapBody(Ints(body), operands[0], operands.Skip(1).ToList(), One(body, "value")[0]) { RangeAxis = axis is null ? -1 : (int)axis.Number(0) };
            case "reduce":
                return new ReduceBody(
                    Ints(One(body, "kept")), Ints(One(body, "reduced")), operands[0], operands.Skip(1).ToList(), One(body, "value")[0], One(body, "fold")[0], One(body, "finish")[0]);
            case "unrolled":
                return UnrolledText.Read(body);
            case "bands":
                return new BandsBody((int)body.Number(0), ReadSteps(body), All(body, "read").Select(ReadBandRead).ToList(), All(body, "window").Select(ReadWindow).ToList());
            case "if":
                return new IfBody(ReadPlace(body, 0), ReadSteps(One(body, "then")), ReadSteps(One(body, "else")));
            case "loop":
                return new LoopBody(
                    All(body, "trips").FirstOrDefault()?.Number(0),
                    All(body, "trips-at").Select(n => ReadPlace(n, 0)).FirstOrDefault(),
                    All(body, "while").Select(n => ReadPlace(n, 0)).FirstOrDefault(),
                    ReadPlace(body, 0),
                    ReadSteps(body));
            default:
                throw new FormatException($"plan line {body.Line}: unknown step '{body.Keyword}'.");
        }
    }

    private static CallBody ReadCall(PlanNode node) => new(node[0], node.Children.Select(ReadArgument).ToList());

    private static Operand ReadOperand(PlanNode node) => new(node[0], ReadPlace(node, 2), node[1], One(node, "strides").Numbers(0));

    private static Argument ReadArgument(PlanNode node) => node.Keyword switch
    {
        "pointer" => new PointerArgument(node[0], node[1], ReadPlace(node, 2)) { PerUnit = node.Atoms.Count > 5 ? node.Number(5) : 0 },
        "first" or "end" or "count" => new RangeArgument(node[0], (RangeKind)Enum.Parse(typeof(RangeKind), node.Keyword, ignoreCase: true), node.Number(1), node.Number(2)),
        "code" => new CodeArgument(node[0], node[1]),
        "list" => new ListArgument(node[0], node.Atoms.Skip(1).ToList()),
        "struct" => new StructArgument(node[0], node[1], node.Children.Select(ReadArgument).ToList()),
        _ => throw new FormatException($"plan line {node.Line}: unknown argument '{node.Keyword}'."),
    };

    private static BandRead ReadBandRead(PlanNode node)
    {
        int[] n = [.. node.Numbers(0).Select(n => (int)n)];
        return new BandRead(n[0], n[1], new RowReach(n[2], n[3], n[4]));
    }

    private static BandWindow ReadWindow(PlanNode node)
    {
        int[] n = [.. node.Numbers(1).Select(n => (int)n)];
        return new BandWindow(n[0], node[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
    }

    internal static Place ReadPlace(PlanNode node, int at) => node[at] == "buffer"
        ? new BufferPlace(node[at + 1], node.Number(at + 2))
        : new WeightsPlace(Kind<WeightsSection>(node, at + 1), node.Number(at + 2));

    private static T Kind<T>(PlanNode node, int at)
        where T : struct => Enum.TryParse(node[at], ignoreCase: true, out T value) ? value : throw new FormatException($"plan line {node.Line}: unknown kind '{node[at]}'.");

    private static List<int> Ints(PlanNode node) => node.Numbers(0).Select(n => (int)n).ToList();

    internal static IEnumerable<PlanNode> All(PlanNode parent, string keyword) => parent.Children.Where(c => c.Keyword == keyword);

    internal static PlanNode One(PlanNode parent, string keyword) =>
        All(parent, keyword).FirstOrDefault() ?? throw new FormatException($"plan line {parent.Line}: '{parent.Keyword}' lacks a line '{keyword}'.");
}
