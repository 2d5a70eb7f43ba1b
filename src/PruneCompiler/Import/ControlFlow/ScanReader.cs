using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>
/// Scan (opset 9 and later) as a Loop of known length: each iteration gathers its slices of the scanned inputs; what is collected along other axes
/// or in reverse is put right behind the loop.
/// </summary>
internal static class ScanReader
{
    // Names that no model has, for what is put around the body.
    private const string Mark = "\u0001";

    public static IReadOnlyList<Value> Read(GraphReader reader, NodeProto proto, string title, Body body)
    {
        GraphProto scan = GraphReader.Subgraph(proto, "body", title, body);
        Attributes attributes = AttributeReader.Read(AttributeReader.Bind(proto.Attribute, body.Parameters), reader.Context.Tensors, title);
        if (body.Opsets.Default < 9)
        {
            throw new CompileException(Catalogue.BadNode(title, "Scan", "the form of opset 8 is not supported; convert the model to a newer opset"));
        }

        long scanned = attributes.Int("num_scan_inputs");
        int states = (int)(proto.Input.Count - scanned), rows = scan.Output.Count - states;
        if (scanned < 1 || states < 0 || rows < 0 || scan.Input.Count != proto.Input.Count)
        {
            throw Bad($"{proto.Input.Count} inputs, {scanned} of them scanned, do not go with a body of {scan.Input.Count} inputs and {scan.Output.Count} outputs");
        }

        var outer = new Scope(body.Scope, reader.Context.Tensors);
        GraphProto loop = scan.Clone();
        loop.Input.Clear();
        loop.Input.Add([new ValueInfoProto { Name = Mark + "iteration" }, new ValueInfoProto { Name = Mark + "go" }, .. scan.Input.Take(states)]);
        loop.Output.Insert(0, new ValueInfoProto { Name = Mark + "go" });
        int length = -1;
        for (int k = 0; k < scanned; k++)
        {
            Value input = reader.Find(proto.Input[states + k], title, body);
            int axis = Axis(attributes.Ints("scan_input_axes"), k, input.Shape.Rank, title);
            if (length >= 0 && input.Shape[axis] != length)
            {
                throw Bad($"the scanned inputs have {length} and {input.Shape[axis]} steps");
            }

            length = input.Shape[axis];
            outer.Define($"{Mark}input{k}", input);
            bool reverse = Direction(attributes.Ints("scan_input_directions"), k);
            loop.Node.Add(MakeNode("Gather", [$"{Mark}input{k}", reverse ? Mark + "back" : Mark + "iteration"], scan.Input[states + k].Name, axis));
        }

        outer.Define(Mark + "last", reader.Graph.Constant("last", Tensor.Scalar((long)length - 1)));
        outer.Define(Mark + "length", reader.Graph.Constant("length", Tensor.Scalar((long)length)));
        loop.Node.Add(MakeNode("Sub", [Mark + "last", Mark + "iteration"], Mark + "back", null));
        var node = new NodeProto { Name = proto.Name, OpType = "Loop" };
        node.Input.Add([Mark + "length", "", .. proto.Input.Take(states)]);
        node.Output.Add(proto.Output);
        IReadOnlyList<Value> results = LoopReader.Read(reader, node, title, body with { Scope = outer }, loop);
        return results.Take(states).Concat(Enumerable.Range(0, rows).Select(k => Arrange(reader, results[states + k], k, attributes, title))).ToList();

        CompileException Bad(string why) => new(Catalogue.BadNode(title, "Scan", why));
    }

    private static Value Arrange(GraphReader reader, Value rows, int index, Attributes attributes, string title)
    {
        int axis = Axis(attributes.Ints("scan_output_axes"), index, rows.Shape.Rank, title);
        if (Direction(attributes.Ints("scan_output_directions"), index))
        {
            Value[] range = [.. new[] { -1L, long.MinValue, 0L, -1L }.Select(v => reader.Graph.Constant("range", Tensor.Vector(v)))];
            rows = reader.Add("Slice", title + " reversed", [rows, .. range], [""], null, null)[0];
        }

        if (axis != 0)
        {
            long[] order = [.. Enumerable.Range(1, axis).Select(i => (long)i), 0, .. Enumerable.Range(axis + 1, rows.Shape.Rank - axis - 1).Select(i => (long)i)];
            rows = reader.Add("Transpose", title + " turned", [rows], [""], new Attributes().Set("perm", order), null)[0];
        }

        return rows;
    }

    private static int Axis(long[]? axes, int index, int rank, string title)
    {
        long axis = axes is null || index >= axes.Length ? 0 : axes[index];
        axis = axis < 0 ? axis + rank : axis;
        return axis >= 0 && axis < rank ? (int)axis : throw new CompileException(Catalogue.BadNode(title, "Scan", $"axis {axis} does not exist in {rank} dimensions"));
    }

    private static bool Direction(long[]? directions, int index) => directions is not null && index < directions.Length && directions[index] == 1;

    private static NodeProto MakeNode(string operatorName, string[] inputs, string output, int? axis)
    {
        var node = new NodeProto { Name = operatorName, OpType = operatorName };
        node.Input.Add(inputs);
        node.Output.Add(output);
        if (axis is { } value)
        {
            node.Attribute.Add(new AttributeProto { Name = "axis", I = value, Type = AttributeProto.Types.AttributeType.Int });
        }

        return node;
    }
}
