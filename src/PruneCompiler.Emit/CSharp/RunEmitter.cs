using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints the method that runs the model, and what each thread does where there are several.</summary>
internal static class RunEmitter
{
    public static void Emit(CodeWriter code, ModelPlan plan, bool timed)
    {
        code.Line("/// <summary>Runs the model once.</summary>");
        foreach (Port port in plan.Inputs)
        {
            code.Line($"/// <param name=\"{port.Identifier.TrimStart('@')}\">Values of <c>{ModelEmitter.Xml(port.Name)}</c>, row-major; exactly <see cref=\"{Pascal(port)}Length\"/>.</param>");
        }

        foreach (Port port in plan.Outputs)
        {
            code.Line($"/// <param name=\"{port.Identifier.TrimStart('@')}\">Receives <c>{ModelEmitter.Xml(port.Name)}</c>, row-major; exactly <see cref=\"{Pascal(port)}Length\"/> values.</param>");
        }

        code.Line("/// <remarks>Allocates nothing. Outputs may be written before inputs are read to the end, so they take memory of their own.</remarks>");
        code.Line("/// <exception cref=\"ArgumentException\">A span has the wrong length.</exception>");
        IEnumerable<string> parameters = plan.Inputs.Select(p => $"ReadOnlySpan<{CSharpTypes.Of(p.Type)}> {p.Identifier}")
            .Concat(plan.Outputs.Select(p => $"Span<{CSharpTypes.Of(p.Type)}> {p.Identifier}"));
        using (code.Braces($"public void Run({string.Join(", ", parameters)})"))
        {
            foreach (Port port in plan.Inputs.Concat(plan.Outputs))
            {
                code.Line($"RequireLength({port.Identifier}.Length, {Pascal(port)}Length, nameof({port.Identifier}));");
            }

            foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind is BufferKind.Input or BufferKind.Output))
            {
                code.Line($"fixed ({CSharpTypes.Of(buffer.Type)}* {buffer.Name} = {PortOf(plan, buffer).Identifier})");
            }

            using (code.Braces())
            {
                if (!plan.HasTeam())
                {
                    EmitScratch(code, plan);
                }

                foreach (BufferPlan buffer in Counts(plan))
                {
                    code.Line($"long* {buffer.Name} = stackalloc long[1];");
                }

                if (plan.HasTeam())
                {
                    EmitDispatch(code, plan);
                }
                else
                {
                    EmitClock(code, timed);
                    ControlEmitter.Emit(code, plan, plan.Steps, timed: Timed(plan, timed));
                }

                foreach (BufferPlan buffer in Counts(plan))
                {
                    code.Line($"{Pascal(PortOf(plan, buffer))}Count = (int)*{buffer.Name};");
                }
            }

            if (plan.MemoryBytes > 0)
            {
                code.Line().Line("GC.KeepAlive(this); // the pointers above do not keep the scratch memory alive");
            }
        }

        if (plan.HasTeam())
        {
            EmitSteps(code, plan, timed);
        }
    }

    private static void EmitDispatch(CodeWriter code, ModelPlan plan)
    {
        code.Line($"void** ports = stackalloc void*[] {{ {string.Join(", ", Ports(plan).Select(b => b.Name))} }};");
        using (code.Braces("if (team is null)"))
        {
            code.Line("Steps(this, ports, default);");
        }

        using (code.Braces("else"))
        {
            code.Line("team.Run(&Steps, this, ports);");
        }
    }

    private static void EmitSteps(CodeWriter code, ModelPlan plan, bool timed)
    {
        code.Line().Line("// What each thread does. They wait for each other where a step needs, or overwrites, what another thread's part of the steps before it holds.");
        using (code.Braces("private static void Steps(object net, void** ports, TeamPart part)"))
        {
            List<BufferPlan> ports = Ports(plan);
            for (int i = 0; i < ports.Count; i++)
            {
                string type = ports[i].Kind == BufferKind.Count ? "long" : CSharpTypes.Of(ports[i].Type);
                code.Line($"{type}* {ports[i].Name} = ({type}*)ports[{N(i)}];");
            }

            if (plan.MemoryBytes > 0)
            {
                code.Line($"ScratchMemory scratch = (({plan.ClassName})net).scratch;");
            }

            EmitScratch(code, plan);
            EmitClock(code, timed);
            ControlEmitter.EmitForTeam(code, plan, Timed(plan, timed));
        }
    }

    private static void EmitScratch(CodeWriter code, ModelPlan plan)
    {
        foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind == BufferKind.Scratch))
        {
            string type = CSharpTypes.Of(buffer.Type);
            code.Line($"{type}* {buffer.Name} = ({type}*)(scratch.Start + {N(buffer.Offset)});");
        }

        if (plan.ThreadBytes > 0)
        {
            string part = plan.HasTeam() ? $" + (part.Index * {N(plan.ThreadBytes)}L)" : "";
            code.Line($"byte* {ControlEmitter.ThreadMemory} = scratch.Start + {N(plan.ScratchBytes)}{part};");
        }
    }

    private static void EmitClock(CodeWriter code, bool timed)
    {
        if (timed)
        {
            code.Line("long clock = global::System.Diagnostics.Stopwatch.GetTimestamp(), now;");
        }
    }

    private static List<Step>? Timed(ModelPlan plan, bool timed) => timed ? plan.Steps.Methods().ToList() : null;

    private static List<BufferPlan> Ports(ModelPlan plan) => plan.Buffers.Where(b => b.Kind is not (BufferKind.Scratch or BufferKind.Window)).ToList();

    private static IEnumerable<BufferPlan> Counts(ModelPlan plan) => plan.Buffers.Where(b => b.Kind == BufferKind.Count);

    // The buffers of the ports come first, in the order of the ports.
    private static Port PortOf(ModelPlan plan, BufferPlan buffer)
    {
        IReadOnlyList<Port> ports = buffer.Kind == BufferKind.Input ? plan.Inputs : plan.Outputs;
        return ports[(int)buffer.Offset];
    }

    private static string Pascal(Port port) => ModelEmitter.Pascal(port.Identifier);

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
