using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints the class of one plan. Decides nothing.</summary>
public static class ModelEmitter
{
    /// <summary>Static field of the timed form: ticks of <c>Stopwatch</c> for each step method, in order.</summary>
    public const string StepTimes = "StepTimes";

    /// <summary>The generated file.</summary>
    /// <param name="plan">What to print.</param>
    /// <param name="runtimeNamespace">Namespace of the emitted kernels, see <see cref="RuntimeLibrary.NamespaceFor"/>.</param>
    /// <param name="timed">Run adds up the time of each step in <see cref="StepTimes"/>, for measurements.</param>
    public static string Emit(ModelPlan plan, string runtimeNamespace = RuntimeLibrary.Namespace, bool timed = false)
    {
        var code = new CodeWriter();
        HeaderEmitter.Emit(code, plan);
        code.Line("#nullable enable").Line();
        code.Line("using global::System;");
        code.Line("using global::System.Numerics;");
        if (RuntimeLibrary.FilesFor([plan]).Count > 0)
        {
            code.Line($"using global::{runtimeNamespace};");
        }

        code.Line();
        if (plan.Namespace.Length > 0)
        {
            code.Line($"namespace {plan.Namespace};").Line();
        }

        code.Line($"/// <summary>Inference for <c>{Xml(plan.Model.FileName)}</c>: {Xml(Describe(plan.Inputs))} in, {Xml(Describe(plan.Outputs))} out.</summary>");
        code.Line("/// <remarks>");
        code.Line("/// Runs without allocation and needs nothing but the .NET base library. An instance owns its scratch memory:");
        code.Line("/// one instance serves one thread at a time.");
        code.Line("/// </remarks>");
        code.Line($"[global::System.CodeDom.Compiler.GeneratedCode(\"PruneCompiler\", \"{plan.Model.Compiler}\")]");
        using (code.Braces($"public sealed unsafe partial class {plan.ClassName}"))
        {
            foreach (Port port in plan.Inputs.Concat(plan.Outputs))
            {
                EmitPort(code, port, plan.Inputs.Contains(port) ? "input" : "output");
            }

            EmitFigures(code, plan);
            EmitMemory(code, plan);
            if (timed)
            {
                code.Line($"public static readonly long[] {StepTimes} = new long[{N(plan.Steps.Methods().Count())}];").Line();
            }

            EmitRun(code, plan, timed);
            foreach (Step step in plan.Steps.Methods())
            {
                code.Line();
                StepEmitter.Emit(code, plan, step);
            }

            code.Line();
            EmitRequireLength(code, plan);
        }

        return code.ToString();
    }

    private static void EmitPort(CodeWriter code, Port port, string direction)
    {
        string name = Pascal(port.Identifier);
        code.Line($"/// <summary>Number of values in the {direction} <c>{Xml(port.Name)}</c>.</summary>");
        code.Line($"public const int {name}Length = {N(port.Length)};").Line();
        code.Line($"/// <summary>Shape of the {direction} <c>{Xml(port.Name)}</c>.</summary>");
        code.Line($"public static ReadOnlySpan<int> {name}Shape => [{string.Join(", ", port.Shape.Select(d => N(d)))}];").Line();
        if (port.CountAxis >= 0)
        {
            code.Line($"/// <summary>How many entries along axis {N(port.CountAxis)} the last run gave to <c>{Xml(port.Name)}</c>, whose shape says the most there can be; those behind hold no result.</summary>");
            code.Line($"public int {name}Count {{ get; private set; }}").Line();
        }
    }

    private static void EmitFigures(CodeWriter code, ModelPlan plan)
    {
        void Figure(string name, long value, string meaning)
        {
            code.Line($"/// <summary>{meaning}</summary>");
            code.Line($"public const long {name} = {N(value)};").Line();
        }

        Figure("DenseMultiplyAdds", plan.Layers.Sum(l => l.MacsBefore), "Multiply-adds of the model with all its zeros.");
        Figure("MultiplyAdds", plan.Layers.Sum(l => l.MacsAfter), "Multiply-adds that <c>Run</c> executes.");
        Figure("DenseWeightBytes", plan.Layers.Sum(l => l.BytesBefore), "Bytes of the model's weights with all their zeros.");
        Figure("WeightBytes", plan.Weights.Bytes, "Bytes of the weights as they are embedded.");
    }

    private static void EmitMemory(CodeWriter code, ModelPlan plan)
    {
        if (plan.Weights.Bytes > 0)
        {
            code.Line("// The weights lie in the assembly's image and are read in place.");
            code.Line($"private static readonly WeightStore Weights = WeightStore.Open(typeof({plan.ClassName}).Assembly, \"{plan.Weights.Resource}\", {N(plan.Weights.Bytes)}, {N(plan.Weights.VectorBytes)});").Line();
        }

        if (plan.ScratchBytes > 0)
        {
            code.Line($"// {N(plan.ScratchBytes)} bytes: all intermediate values that are ever alive at once.");
            code.Line($"private readonly ScratchMemory scratch = new({N(plan.ScratchBytes)});").Line();
        }
    }

    private static void EmitRun(CodeWriter code, ModelPlan plan, bool timed)
    {
        code.Line("/// <summary>Runs the model once.</summary>");
        foreach (Port port in plan.Inputs)
        {
            code.Line($"/// <param name=\"{port.Identifier.TrimStart('@')}\">Values of <c>{Xml(port.Name)}</c>, row-major; exactly <see cref=\"{Pascal(port.Identifier)}Length\"/>.</param>");
        }

        foreach (Port port in plan.Outputs)
        {
            code.Line($"/// <param name=\"{port.Identifier.TrimStart('@')}\">Receives <c>{Xml(port.Name)}</c>, row-major; exactly <see cref=\"{Pascal(port.Identifier)}Length\"/> values.</param>");
        }

        code.Line("/// <exception cref=\"ArgumentException\">A span has the wrong length.</exception>");
        IEnumerable<string> parameters = plan.Inputs.Select(p => $"ReadOnlySpan<{CSharpTypes.Of(p.Type)}> {p.Identifier}")
            .Concat(plan.Outputs.Select(p => $"Span<{CSharpTypes.Of(p.Type)}> {p.Identifier}"));
        using (code.Braces($"public void Run({string.Join(", ", parameters)})"))
        {
            foreach (Port port in plan.Inputs.Concat(plan.Outputs))
            {
                code.Line($"RequireLength({port.Identifier}.Length, {Pascal(port.Identifier)}Length, nameof({port.Identifier}));");
            }

            foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind is BufferKind.Input or BufferKind.Output))
            {
                code.Line($"fixed ({CSharpTypes.Of(buffer.Type)}* {buffer.Name} = {PortOf(plan, buffer).Identifier})");
            }

            using (code.Braces())
            {
                foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind == BufferKind.Scratch))
                {
                    string type = CSharpTypes.Of(buffer.Type);
                    code.Line($"{type}* {buffer.Name} = ({type}*)(scratch.Start + {N(buffer.Offset)});");
                }

                foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind == BufferKind.Count))
                {
                    code.Line($"long* {buffer.Name} = stackalloc long[1];");
                }

                if (timed)
                {
                    code.Line("long clock = global::System.Diagnostics.Stopwatch.GetTimestamp(), now;");
                }

                ControlEmitter.Emit(code, plan, plan.Steps, timed: timed ? plan.Steps.Methods().ToList() : null);
                foreach (BufferPlan buffer in plan.Buffers.Where(b => b.Kind == BufferKind.Count))
                {
                    code.Line($"{Pascal(PortOf(plan, buffer).Identifier)}Count = (int)*{buffer.Name};");
                }
            }

            if (plan.ScratchBytes > 0)
            {
                code.Line().Line("GC.KeepAlive(this); // the pointers above do not keep the scratch memory alive");
            }
        }
    }

    private static void EmitRequireLength(CodeWriter code, ModelPlan plan)
    {
        using (code.Braces("private static void RequireLength(int given, int expected, string name)"))
        using (code.Braces("if (given != expected)"))
        {
            code.Line($"throw new ArgumentException($\"{{name}} holds {{given}} values; {plan.ClassName} needs exactly {{expected}}.\", name);");
        }
    }

    // The buffers of the ports come first, in the order of the ports.
    private static Port PortOf(ModelPlan plan, BufferPlan buffer)
    {
        IReadOnlyList<Port> ports = buffer.Kind == BufferKind.Input ? plan.Inputs : plan.Outputs;
        return ports[(int)buffer.Offset];
    }

    private static string Describe(IReadOnlyList<Port> ports) =>
        string.Join(", ", ports.Select(p => $"{p.Name} ({p.Type} {(p.Shape.Count == 0 ? "scalar" : string.Join("x", p.Shape.Select(d => N(d))))})"));

    private static string Pascal(string identifier)
    {
        string name = identifier.TrimStart('@');
        return char.ToUpperInvariant(name[0]) + name.Substring(1);
    }

    private static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
