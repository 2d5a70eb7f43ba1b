using System.Runtime.InteropServices;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Schedule;
using PruneCompiler.Plan.Strategies.UnrolledTaps;

namespace PruneCompiler.Plan;

/// <summary>What operators lower through: it knows where values live, and collects steps, weights and the table of layers.</summary>
public sealed class Lowering
{
    // Locals of the emitted loops, see ControlEmitter.
    private static readonly string[] LoopCounters = [.. Enumerable.Range(0, 64).Select(i => i == 0 ? "iteration" : $"iteration{i}")];

    private readonly Dictionary<Value, Storage> storages = [];
    private readonly Dictionary<Value, int> outputPorts = [];
    private readonly List<(int Index, LayerRow Row)> layers = [];
    private readonly List<(Value Count, Storage Place)> counts = [];
    private List<Action> afterNode = [];
    private readonly PanelStore panels;
    private readonly ChannelLastStore pixels;
    private readonly HashSet<Value> turned;
    private readonly Identifiers bufferNames = new("weights", "scratch", "given", "expected", "name", "first", "end", "piece", "part", "net", "ports", "team", "band", "threadScratch");
    private readonly Identifiers stepNames = new(ClassNaming.Members);

    /// <summary>Starts with the graph's ports.</summary>
    public Lowering(Graph graph, CompileOptions options, string className, LayerStatistics? before = null)
    {
        Before = before ?? LayerStatistics.Of(graph);
        Options = options;
        var panelLayouts = LayoutPlanner.Run(graph, options.Target);
        var pixelLayouts = ChannelLastPlanner.Run(graph);
        panels = new PanelStore(this, panelLayouts);
        pixels = new ChannelLastStore(this, pixelLayouts);
        turned = TurnedMatrices.Run(graph, options);
        turned.RemoveWhere(v => panelLayouts.ContainsKey(v) || pixelLayouts.ContainsKey(v));
        stepNames.Reserve(className); // no member may be called like its class
        var ports = new Identifiers("scratch", "weights", "ports", "team");
        foreach (string counter in LoopCounters)
        {
            ports.Reserve(counter);
            bufferNames.Reserve(counter);
        }

        foreach (Value input in graph.Inputs)
        {
            Port port = MakePort(ports, input, input.Name);
            Storage storage = NewBuffer(port.Identifier + "Pointer", input.TensorType, BufferKind.Input, Inputs.Count);
            storages.Add(input, storage);
            Inputs.Add(port);
            bufferNames.Camel(port.Identifier); // the span has this name in the generated method
        }

        IReadOnlyDictionary<Value, DynamicSize> dynamic = DynamicSizes.Of(graph);
        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            Value output = graph.Outputs[i];
            Port port = MakePort(ports, output, graph.OutputName(i));
            if (dynamic.TryGetValue(output, out DynamicSize? size))
            {
                port = port with { CountAxis = size.Axis };
                counts.Add((size.Count, NewBuffer(port.Identifier + "Count", size.Count.TensorType, BufferKind.Count, i)));
            }

            outputPorts.TryAdd(output, Outputs.Count);
            OutputStorages.Add(NewBuffer(port.Identifier + "Pointer", output.TensorType, BufferKind.Output, Outputs.Count));
            Outputs.Add(port);
            bufferNames.Camel(port.Identifier);
        }

        foreach (Port port in Inputs.Concat(Outputs))
        {
            stepNames.Reserve(port.Identifier.TrimStart('@') + "Length");
            stepNames.Reserve(port.Identifier.TrimStart('@') + "Shape");
            if (port.CountAxis >= 0)
            {
                stepNames.Reserve(port.Identifier.TrimStart('@') + "Count");
            }
        }
    }

    /// <summary>Options of the compilation.</summary>
    public CompileOptions Options { get; }

    /// <summary>The layers of the model before anything was removed.</summary>
    public LayerStatistics Before { get; }

    /// <summary>Taps of convolutions that may still become straight-line code; first come, first served.</summary>
    public int UnrollableTaps { get; set; } = UnrolledTapsStrategy.MostTapsOfModel;

    /// <summary>Inputs of the generated class.</summary>
    public List<Port> Inputs { get; } = [];

    /// <summary>Outputs of the generated class.</summary>
    public List<Port> Outputs { get; } = [];

    /// <summary>The steps so far.</summary>
    public List<Step> Steps { get; private set; } = [];

    /// <summary>The buffers so far; scratch offsets are set at the end.</summary>
    public List<BufferPlan> Buffers { get; } = [];

    /// <summary>The table of layers so far.</summary>
    public List<LayerRow> Layers => Before.Complete(layers);

    /// <summary>What the strategies of each layer were predicted to cost, by the layer's name.</summary>
    public Dictionary<string, IReadOnlyList<Prediction>> Predictions { get; } = new(StringComparer.Ordinal);

    /// <summary>Sentences for people.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The weights so far.</summary>
    public WeightsBuilder Weights { get; } = new();

    private List<Storage> OutputStorages { get; } = [];

    /// <summary>Where a value can be read. A constant is put into the weights, row-major, when it is first asked for.</summary>
    public Storage Read(Value value)
    {
        if (!storages.TryGetValue(value, out Storage? storage))
        {
            Tensor constant = value.Constant ?? throw new InvalidOperationException($"'{value.Name}' is read before it is written");
            storage = Storage.Plain(constant.Type, constant.Shape, Weights.Add(WeightsSection.Stream, constant.Bytes));
            storages.Add(value, storage);
        }

        return storage;
    }

    /// <summary>True when a value has its place already: an earlier node writes it along with its own results.</summary>
    public bool IsWritten(Value value) => storages.ContainsKey(value);

    /// <summary>True when a value is an output of the model.</summary>
    public bool IsOutput(Value value) => outputPorts.ContainsKey(value);

    /// <summary>Puts a tensor into the weights, row-major.</summary>
    public Storage Constant(Tensor tensor) => Storage.Plain(tensor.Type, tensor.Shape, Weights.Add(WeightsSection.Stream, tensor.Bytes));

    /// <summary>Where a value can be read contiguously, row-major; copies it when it lies otherwise.</summary>
    public Storage ReadPlain(Node node, Value value)
    {
        Storage storage = Read(value);
        if (storage.IsPlain)
        {
            return storage;
        }

        Storage plain = Scratch(value.Name + " plain", value.TensorType);
        Copy(node, $"{value.Name}: copied to row-major order for {node.Operator.Name}.", storage, plain);
        return plain;
    }

    /// <summary>Where a node has to write an output: the caller's span for a graph output, else scratch memory.</summary>
    public Storage Write(Value value)
    {
        if ((panels.Write(value, pixelsOnly: true) ?? pixels.Write(value)) is { } planned)
        {
            storages.Add(value, planned);
            return planned;
        }

        Storage storage = outputPorts.TryGetValue(value, out int port) ? OutputStorages[port] : Scratch(value.Name, value.TensorType);
        storage = turned.Contains(value) ? storage with { Strides = TurnedMatrices.Strides(value.Shape) } : storage;
        storages.Add(value, storage);
        return storage;
    }

    /// <summary>True when the last axis of a value is the outermost in memory, see <see cref="TurnedMatrices"/>.</summary>
    public bool IsTurned(Value value) => turned.Contains(value);

    /// <summary>Like <see cref="Write"/> for kernels that write whole rows of panels, gaps included. The value must have a panel layout.</summary>
    public Storage WritePanel(Value value)
    {
        Storage storage = panels.Write(value, pixelsOnly: false) ?? throw new InvalidOperationException($"'{value.Name}' has no panel layout");
        storages.Add(value, storage);
        return storage;
    }

    /// <summary>The panel layout that a result will have, or null.</summary>
    internal PanelLayout? PlannedPanel(Value value) => panels.Planned(value);

    /// <summary>The same storage with at least so many readable elements; copied when it is the caller's memory, which ends where it ends.</summary>
    /// <param name="node">Gives a copy its name.</param>
    /// <param name="storage">Contiguous.</param>
    /// <param name="count">Elements that a kernel may read; those beyond the value's own have no meaning.</param>
    public Storage ReadPadded(Node node, Storage storage, long count)
    {
        if (storage.Place is BufferPlace place && Buffers.FindIndex(b => b.Name == place.Buffer && b.Kind == BufferKind.Scratch) is >= 0 and var index)
        {
            Buffers[index] = Buffers[index] with { Length = Math.Max(Buffers[index].Length, place.Offset + count) };
            return storage;
        }

        BufferPlace copy = ScratchElements(node.Name + " input", storage.Type, Math.Max(count, storage.Shape.Count));
        Storage padded = Storage.Plain(storage.Type, storage.Shape, copy);
        Copy(node, $"{node.Name}: its input, copied because the kernel reads whole vectors.", storage, padded);
        return padded;
    }

    /// <summary>Where a value can be read in panels with at least the given border; copies it when it lies otherwise.</summary>
    public Storage ReadPanel(Node node, Value value, PanelBorder border) => panels.Read(node, value, border);

    /// <summary>Where bytes can be read with the channels of a pixel side by side and at least the given border of the zero point; copies them when they lie otherwise.</summary>
    public Storage ReadChannelLast(Node node, Value value, PixelBorder border, byte zero) => pixels.Read(node, value, border, zero);

    /// <summary>A value copied into panels, split by the phase of rows and columns, and the phases that they hold: an earlier split where it serves.</summary>
    public (Storage Panels, (int Y, int X)[] Slots) ReadSplit(Node node, Value value, PanelLayout layout, (int Y, int X) stride, (int Y, int X)[] slots) =>
        panels.Split(node, value, layout, stride, slots);

    /// <summary>Like <see cref="Write"/> for kernels that write contiguously whatever the value's layout is.</summary>
    public Storage WritePlain(Node node, Value value)
    {
        Storage storage = Write(value);
        if (storage.IsPlain)
        {
            return storage;
        }

        Storage plain = Scratch(value.Name + " plain", value.TensorType);
        afterNode.Add(() => Copy(node, $"{value.Name}: copied from row-major order.", plain, storage));
        return plain;
    }

    /// <summary>Says that a value needs no work: it is another view of memory that exists (Reshape, Identity).</summary>
    public void Alias(Node node, Value value, Storage view)
    {
        if (outputPorts.ContainsKey(value))
        {
            Copy(node, $"{node.Name}: {node.Operator.Name} is only another view; its result leaves through the output.", view, Write(value));
        }
        else
        {
            storages.Add(value, view);
        }
    }

    /// <summary>Scratch memory for the length of the run (shared with values that live at other times).</summary>
    public Storage Scratch(string stem, TensorType type) => NewBuffer(stem, type, BufferKind.Scratch, 0);

    /// <summary>Scratch memory of a number of elements, for layouts of the caller's own.</summary>
    public BufferPlace ScratchElements(string stem, ElementType type, long length)
    {
        string name = bufferNames.Camel(ReadableNames.Of(stem));
        Buffers.Add(new BufferPlan(name, type.Text(), BufferKind.Scratch, 0, length));
        return new BufferPlace(name, 0);
    }

    /// <summary>Puts packed weights into the resource.</summary>
    public WeightsPlace Pack<T>(WeightsSection section, ReadOnlySpan<T> content)
        where T : unmanaged => Weights.Add(section, MemoryMarshal.AsBytes(content));

    /// <summary>Adds a kernel call.</summary>
    /// <param name="node">Gives the step its name.</param>
    /// <param name="about">The sentence above the block; further lines are separated by line breaks.</param>
    /// <param name="method">Runtime class and method.</param>
    /// <param name="arguments">Arguments.</param>
    public void Call(Node node, string about, string method, params Argument[] arguments) => Add(node, about, new CallBody(method, arguments));

    /// <summary>Adds a kernel call that prepares memory for a node or tidies up behind it.</summary>
    /// <param name="node">Gives the step its name.</param>
    /// <param name="role">What the step does for the node, one word: it follows the node's name.</param>
    /// <param name="about">As for <see cref="Call"/>.</param>
    /// <param name="method">Runtime class and method.</param>
    /// <param name="arguments">Arguments.</param>
    public void Assist(Node node, string role, string about, string method, params Argument[] arguments) =>
        Add(StepName(node, role), about, new CallBody(method, arguments));

    /// <summary>Says that the step added last can be divided; its arguments tell how they move from unit to unit.</summary>
    /// <param name="unit">What a unit is, for people: row, channel.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="cycles">What the whole step is predicted to cost.</param>
    public void Divide(string unit, int count, double cycles) => Steps[^1] = Steps[^1] with { Range = new StepRange(unit, count, (long)cycles) };

    /// <summary>Says that the step added last runs over the rows of an activation.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cycles">What the whole step is predicted to cost.</param>
    /// <param name="row">What it writes and reads.</param>
    public void DivideRows(int count, double cycles, RowStep row)
    {
        Divide(StepRange.Row, count, cycles);
        RowSteps[Steps[^1].Name] = row;
    }

    /// <summary>Says that the step added last adds an operand to what it computes, and whether it may write the sum where the operand lies: its kernel reads each element before it writes it.</summary>
    /// <param name="written">What it writes.</param>
    /// <param name="added">The operand.</param>
    /// <param name="input">What it computes from.</param>
    public void MayAddInPlace(Storage written, Storage added, Storage input)
    {
        if (written.Panel is not null && written.Panel == added.Panel && written.Place is BufferPlace to && added.Place is BufferPlace from && to.Offset == from.Offset
            && (input.Place as BufferPlace)?.Buffer != from.Buffer)
        {
            InPlaceSums[Steps[^1].Name] = new InPlaceSum(to.Buffer, from.Buffer);
        }
    }

    /// <summary>The steps that may write sums in place, by their names.</summary>
    internal Dictionary<string, InPlaceSum> InPlaceSums { get; } = new(StringComparer.Ordinal);

    /// <summary>The steps over rows, by their names.</summary>
    internal Dictionary<string, RowStep> RowSteps { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a row to the table of layers.</summary>
    /// <param name="node">The layer; its figures before pruning are looked up by its name.</param>
    /// <param name="strategy">Kernel strategy.</param>
    /// <param name="reason">Why it was chosen, with figures.</param>
    /// <param name="macs">Multiply-adds that are executed.</param>
    /// <param name="bytes">Bytes of weights as stored.</param>
    /// <param name="weights">Weights kept.</param>
    /// <param name="predictions">What the strategies to choose from were predicted to cost.</param>
    public void Layer(Node node, string strategy, string reason, long macs, long bytes, long weights, IReadOnlyList<Prediction>? predictions = null)
    {
        int channels = node.Operator.Measure(node)?.Channels ?? 0;
        string title = LayerStatistics.Title(node), shape = node.Outputs[0].Shape.ToString();
        (int index, LayerRow before) = Before.Take(node.Name)
            ?? (layers.Count == 0 ? 0 : layers[^1].Index, new LayerRow(node.Name, title, "", "", macs, 0, bytes, 0, weights, 0, channels, 0, shape));
        if (FactorLowRank.IsFirst(node))
        {
            before = before with { MacsBefore = 0, BytesBefore = 0, WeightsBefore = 0, ChannelsBefore = 0 }; // what there was, its second layer has
        }

        layers.Add((index, before with { Operator = title, Strategy = strategy, Reason = reason + FactorLowRank.Reason(node), MacsAfter = macs, BytesAfter = bytes, WeightsAfter = weights, ChannelsAfter = channels, Shape = shape }));
        Predictions[node.Name] = predictions ?? [];
    }

    /// <summary>Adds a strided copy.</summary>
    public void Copy(Node node, string about, Storage from, Storage to)
    {
        var input = new Operand("a", from.Place, from.Type.Text(), from.Strides);
        Add(StepName(node, "copy"), about, new MapBody(to.Shape.Dims.ToArray(), new Operand("out", to.Place, to.Type.Text(), to.Strides), [input], "a"));
    }

    /// <summary>Adds a step.</summary>
    public void Add(Node node, string about, StepBody body) => Add(ReadableNames.Of(node.Name), about, body);

    /// <summary>Lowers the nodes of a graph or subgraph in order.</summary>
    public void LowerNodes(Graph graph)
    {
        foreach (Node node in graph.Nodes)
        {
            node.Operator.Lower(node, this);
            EndNode();
        }
    }

    /// <summary>Gives the steps that <paramref name="work"/> adds apart from the others: the inside of a branch or loop.</summary>
    public List<Step> Collect(Action work)
    {
        (List<Step> outer, List<Action> outerActions) = (Steps, afterNode);
        (Steps, afterNode) = ([], []);
        work();
        EndNode();
        List<Step> inner = Steps;
        (Steps, afterNode) = (outer, outerActions);
        return inner;
    }

    /// <summary>Says where the input of a subgraph lies.</summary>
    public void Bind(Value value, Storage storage) => storages.Add(value, storage);

    /// <summary>Ends a node: copies that its kernels asked for.</summary>
    public void EndNode()
    {
        foreach (Action action in afterNode)
        {
            action();
        }

        afterNode.Clear();
    }

    /// <summary>Ends the graph: outputs that no node wrote directly (constants, inputs, a value that is two outputs).</summary>
    public void EndGraph(Graph graph)
    {
        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            Value output = graph.Outputs[i];
            Storage from = Read(output), to = OutputStorages[i];
            if (from.Place != to.Place)
            {
                var input = new Operand("a", from.Place, from.Type.Text(), from.Strides);
                var body = new MapBody(to.Shape.Dims.ToArray(), new Operand("out", to.Place, to.Type.Text(), to.Strides), [input], "a");
                Add($"copy {ReadableNames.Of(output.Name)}", $"The output {output.Name} is a copy.", body);
            }
        }

        foreach ((Value count, Storage to) in counts)
        {
            Storage from = Read(count);
            var body = new MapBody([], new Operand("out", to.Place, to.Type.Text(), to.Strides), [new Operand("a", from.Place, from.Type.Text(), from.Strides)], "a");
            Steps.Add(new Step(stepNames.Pascal($"report {count.Name}"), [$"{count.Name}: how many entries there are, for the caller."], body));
        }
    }

    private static string StepName(Node node, string role) => $"{ReadableNames.Of(node.Name)} {role}";

    private void Add(string name, string about, StepBody body)
    {
        Steps.Add(new Step(stepNames.Pascal(name), about.Split('\n'), body));
        if (body is MapBody map && MapDivision.Axis(map) is >= 0 and var axis)
        {
            Steps[^1] = Steps[^1] with { Body = map with { RangeAxis = axis } };
            Divide("slice", map.Shape[axis], MapDivision.Cycles(map));
        }
    }

    // Buffers are locals beside the parameters, so the two share their names.
    private Port MakePort(Identifiers names, Value value, string name)
    {
        string identifier = names.Camel(name);
        bufferNames.Reserve(identifier.TrimStart('@'));
        return new Port(name, identifier, value.Type.Text(), value.Shape.Dims.ToArray());
    }

    private Storage NewBuffer(string stem, TensorType type, BufferKind kind, int port)
    {
        string name = bufferNames.Camel(ReadableNames.Of(stem));
        Buffers.Add(new BufferPlan(name, type.Type.Text(), kind, port, type.Shape.Count));
        return Storage.Plain(type.Type, type.Shape, new BufferPlace(name, 0));
    }
}
