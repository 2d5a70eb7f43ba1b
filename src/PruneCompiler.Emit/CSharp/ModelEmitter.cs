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
        code.Line(RuntimeLibrary.Nullable).Line();
        code.Line("using global::System;");
        code.Line("using global::System.Numerics;");
        code.Line("using global::System.Runtime.Intrinsics;");
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
        code.Line("/// one instance serves one caller at a time.");
        code.Line("/// </remarks>");
        code.Line($"[global::System.CodeDom.Compiler.GeneratedCode(\"PruneCompiler\", \"{plan.Model.Compiler}\")]");
        using (code.Braces($"public sealed unsafe partial class {plan.ClassName} : IDisposable"))
        {
            foreach (Port port in plan.Inputs.Concat(plan.Outputs))
            {
                EmitPort(code, port, plan.Inputs.Contains(port) ? "input" : "output");
            }

            EmitFigures(code, plan);
            EmitMemory(code, plan);
            EmitConstructors(code, plan);
            if (timed)
            {
                code.Line($"public static readonly long[] {StepTimes} = new long[{N(plan.Steps.Methods().Count())}];").Line();
            }

            RunEmitter.Emit(code, plan, timed);
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

        if (plan.MemoryBytes > 0)
        {
            bool perThread = plan.ThreadBytes > 0 && plan.HasTeam();
            code.Line($"// {N(plan.ScratchBytes)} bytes: all intermediate values that are ever alive at once{(plan.ThreadBytes > 0 ? $", and {N(plan.ThreadBytes)}{(perThread ? " for each thread" : "")}: rows of those that are never whole" : "")}.");
            code.Line($"private readonly ScratchMemory scratch{(perThread ? "" : $" = new({N(plan.MemoryBytes)})")};").Line();
        }
    }

    private static void EmitConstructors(CodeWriter code, ModelPlan plan)
    {
        bool team = plan.HasTeam();
        if (team)
        {
            code.Line("// The threads that share a run with the caller's; null when there are none.");
            code.Line("private readonly ThreadTeam? team;").Line();
        }

        code.Line("/// <summary>An instance that runs on its caller's thread alone.</summary>");
        bool perThread = team && plan.ThreadBytes > 0;
        using (code.Braces($"public {plan.ClassName}(){(perThread ? " : this(1)" : "")}"))
        {
        }

        code.Line().Line("/// <summary>An instance whose runs several threads share; results are the same bit by bit.</summary>");
        code.Line(team
            ? "/// <param name=\"threads\">How many, the caller's included; at least 1.</param>"
            : "/// <param name=\"threads\">At least 1. More than one would not pay here: the model is too small, and one thread runs it whatever the number.</param>");
        if (perThread)
        {
            using (code.Braces($"public {plan.ClassName}(int threads)"))
            {
                code.Line("team = ThreadTeam.Of(threads);");
                code.Line($"scratch = new({N(plan.ScratchBytes)} + (threads * {N(plan.ThreadBytes)}L));");
            }

            code.Line();
        }
        else
        {
            code.Line(team
                ? $"public {plan.ClassName}(int threads) => team = ThreadTeam.Of(threads);"
                : $"public {plan.ClassName}(int threads) => ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);").Line();
        }

        code.Line(team ? "/// <summary>Ends the instance's threads. Not during a run.</summary>" : "/// <summary>Nothing to end: there are no threads.</summary>");
        if (team)
        {
            code.Line("public void Dispose() => team?.Dispose();").Line();
        }
        else
        {
            using (code.Braces("public void Dispose()"))
            {
            }

            code.Line();
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

    private static string Describe(IReadOnlyList<Port> ports) =>
        string.Join(", ", ports.Select(p => $"{p.Name} ({p.Type} {(p.Shape.Count == 0 ? "scalar" : string.Join("x", p.Shape.Select(d => N(d))))})"));

    internal static string Pascal(string identifier)
    {
        string name = identifier.TrimStart('@');
        return char.ToUpperInvariant(name[0]) + name.Substring(1);
    }

    internal static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
