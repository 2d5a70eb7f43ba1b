using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>
/// Lowers a Loop to a C# for: each carried value has one buffer that holds it between iterations. At the end of an iteration rows are appended first,
/// then the new carried values are stored; those that lie in another carried value's buffer take a detour, since that is about to change.
/// </summary>
internal sealed class LoopLowering(Node node, Graph body, int carried, Lowering lowering)
{
    private readonly List<Storage> state = [];

    public void Lower()
    {
        for (int k = 0; k < carried; k++)
        {
            Value start = node.Input(2 + k);
            state.Add(lowering.Scratch($"{node.Name} carried {k}", start.TensorType));
            lowering.Copy(node, $"{node.Name}: {start.Name} is where the loop starts.", lowering.Read(start), state[k]);
        }

        Storage iteration = lowering.Scratch($"{node.Name} iteration", body.Inputs[0].TensorType);
        Storage? condition = Condition();
        Tensor? trips = node.ConstantInput(0);
        Place? tripsPlace = node.InputOrNull(0) is { } count && trips is null ? lowering.Read(count).Place : null;
        List<Storage> rows = node.Outputs.Skip(carried).Select(o => lowering.WritePlain(node, o)).ToList();
        List<Step> steps = lowering.Collect(() => LowerBody(iteration, condition, rows));
        long? fixedTrips = trips is null ? null : Math.Max(0, trips.GetInt64(0));
        string about = fixedTrips is { } n ? $"{node.Name}: runs {n} times{(condition is null ? "" : ", or until its condition ends")}." : $"{node.Name}: runs until its condition or trip count ends.";
        lowering.Add(node, about, new LoopBody(fixedTrips, tripsPlace, condition?.Place, iteration.Place, steps));
        for (int k = 0; k < carried; k++)
        {
            lowering.Alias(node, node.Outputs[k], state[k]);
        }
    }

    // Where the condition lies, when it has to be tested.
    private Storage? Condition()
    {
        Value? start = node.InputOrNull(1);
        bool always = (start is null || start.Constant is { } s && s.Bytes[0] != 0) && body.Outputs[0].Constant is { } next && next.Bytes[0] != 0;
        if (always)
        {
            return null;
        }

        var type = new TensorType(ElementType.Bool, Shape.Scalar);
        Storage condition = lowering.Scratch($"{node.Name} condition", type);
        Storage from = start is null ? lowering.Constant(Tensor.Scalar(true)) : lowering.Read(start);
        lowering.Copy(node, $"{node.Name}: the condition of the first iteration.", Storage.Plain(ElementType.Bool, Shape.Scalar, from.Place), condition);
        return condition;
    }

    private void LowerBody(Storage iteration, Storage? condition, List<Storage> rows)
    {
        lowering.Bind(body.Inputs[0], iteration);
        for (int i = 1; i < body.Inputs.Count; i++)
        {
            lowering.Bind(body.Inputs[i], i <= carried ? state[i - 1] : lowering.Read(node.Input(i + 1)));
        }

        lowering.LowerNodes(body);
        for (int k = 0; k < rows.Count; k++)
        {
            Value row = body.Outputs[1 + carried + k];
            lowering.Call(
                node,
                $"{node.Name}: appends {row.Name} to the rows.",
                "LoopRows.Append",
                Arg.Pointer("row", lowering.ReadPlain(node, row)),
                Arg.Pointer("rows", rows[k]),
                Arg.Pointer("iteration", iteration),
                Arg.Int("bytes", row.Shape.Count * row.Type.Size()));
        }

        var targets = new List<(Storage From, Storage To)>();
        for (int k = 0; k < carried; k++)
        {
            targets.Add((lowering.Read(body.Outputs[1 + k]), state[k]));
        }

        if (condition is not null)
        {
            targets.Add((Storage.Plain(ElementType.Bool, Shape.Scalar, lowering.Read(body.Outputs[0]).Place), condition));
        }

        for (int k = 0; k < targets.Count; k++)
        {
            (Storage from, Storage to) = targets[k];
            if (from.Place != to.Place && state.Any(s => Buffer(s) == Buffer(from)))
            {
                Storage detour = lowering.Scratch($"{node.Name} next", new TensorType(from.Type, from.Shape));
                lowering.Copy(node, $"{node.Name}: kept aside, since its place changes.", from, detour);
                targets[k] = (detour, to);
            }
        }

        foreach ((Storage from, Storage to) in targets.Where(t => t.From != t.To && !(t.From.Place == t.To.Place && t.From.IsPlain)))
        {
            lowering.Copy(node, $"{node.Name}: carried to the next iteration.", from, to);
        }
    }

    private static string? Buffer(Storage storage) => (storage.Place as BufferPlace)?.Buffer;
}
