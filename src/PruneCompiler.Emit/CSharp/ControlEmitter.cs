using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints the calls of steps in Run, with the branches and loops around them.</summary>
internal static class ControlEmitter
{
    /// <summary>Local of Run: the memory that each thread has of its own.</summary>
    public const string ThreadMemory = "threadScratch";

    /// <param name="code">Where to.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="steps">What to call.</param>
    /// <param name="depth">Loops around.</param>
    /// <param name="timed">All steps of the plan in the order of their times; null when they are not to be timed.</param>
    public static void Emit(CodeWriter code, ModelPlan plan, IEnumerable<Step> steps, int depth = 0, List<Step>? timed = null)
    {
        foreach (Step step in steps)
        {
            switch (step.Body)
            {
                case IfBody choice:
                    About(code, step);
                    using (code.Braces($"if (*({CallEmitter.Pointer(choice.Condition, "bool")}))"))
                    {
                        Emit(code, plan, choice.Then, depth, timed);
                    }

                    using (code.Braces("else"))
                    {
                        Emit(code, plan, choice.Else, depth, timed);
                    }

                    break;
                case LoopBody loop:
                    About(code, step);
                    string index = "iteration" + (depth == 0 ? "" : depth.ToString(CultureInfo.InvariantCulture));
                    using (code.Braces($"for (long {index} = 0; {Test(loop, index)}; {index}++)"))
                    {
                        code.Line($"*({CallEmitter.Pointer(loop.Counter, "int64")}) = {index};");
                        Emit(code, plan, loop.Steps, depth + 1, timed);
                    }

                    break;
                case BandsBody bands:
                    EmitBands(code, plan, step, bands, timed);
                    break;
                default:
                    code.Line($"{step.Name}({string.Join(", ", StepEmitter.Buffers(plan, step).Select(b => b.Name).Concat(Units(step)))});");
                    EmitClock(code, plan, step, timed);
                    break;
            }
        }
    }

    /// <summary>Prints the steps as each thread of a team goes through them. Only the steps at the top are shared: those within branches and loops are the first thread's.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="timed">As for <see cref="Emit"/>; each step's time then includes the wait for its slowest part.</param>
    public static void EmitForTeam(CodeWriter code, ModelPlan plan, List<Step>? timed)
    {
        for (int at = 0, end; at < plan.Steps.Count; at = end)
        {
            end = at + 1;
            if (timed is null && plan.Steps[at].Waits)
            {
                code.Line("part.Wait();");
            }

            if (plan.Steps[at].Shared)
            {
                Emit(code, plan, [plan.Steps[at]], 0, timed);
            }
            else
            {
                while (end < plan.Steps.Count && plan.Steps[end] is { Shared: false, Waits: false })
                {
                    end++;
                }

                using (code.Braces("if (part.IsFirst)"))
                {
                    Emit(code, plan, plan.Steps.Skip(at).Take(end - at), 0, timed);
                }
            }

            if (timed is not null)
            {
                code.Line("part.Wait();");
            }
        }
    }

    private static void EmitBands(CodeWriter code, ModelPlan plan, Step step, BandsBody bands, List<Step>? timed)
    {
        About(code, step);
        foreach (BandWindow window in bands.Windows)
        {
            BufferPlan buffer = plan.Buffers.First(b => b.Name == window.Buffer);
            string memory = $"(float*)({ThreadMemory} + {N(buffer.Offset)})";
            code.Line($"var {Window(window)} = new RowWindow({memory}, lead: {N(window.Lead)}, tail: {N(window.Tail)}, rowLength: {N(window.RowLength)}, capacity: {N(window.Capacity)}, top: {N(window.Top)}, rows: {N(window.Rows)}, bottom: {N(window.Bottom)});");
        }

        string part = step.Shared ? "part" : "default", rows = string.Join(", ", bands.Steps.Select(s => N(s.Range!.Count)));
        string reads = string.Join(", ", bands.Reads.SelectMany(r => new[] { r.Reader, r.Source, r.Reach.Stride, r.Reach.Above, r.Reach.Below }).Select(n => N(n)));
        using (code.Braces($"for (var band = new RowBands({part}, {N(bands.Rows)}, [{rows}], [{reads}]); band.Next();)"))
        {
            for (int i = 0; i < bands.Steps.Count; i++)
            {
                foreach (BandWindow window in bands.Windows.Where(w => w.Source == i))
                {
                    code.Line($"float* {window.Buffer} = {Window(window)}.Roll(band.Needed({N(i)}), band.First({N(i)}), band.End({N(i)}));");
                }

                code.Line($"{bands.Steps[i].Name}({string.Join(", ", StepEmitter.Buffers(plan, bands.Steps[i]).Select(b => b.Name))}, band.First({N(i)}), band.End({N(i)}));");
                EmitClock(code, plan, bands.Steps[i], timed);
            }
        }
    }

    private static string Window(BandWindow window) => window.Buffer + "_window";

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void EmitClock(CodeWriter code, ModelPlan plan, Step step, List<Step>? timed)
    {
        if (timed is not null)
        {
            code.Line("now = global::System.Diagnostics.Stopwatch.GetTimestamp();");
            code.Line($"{(plan.HasTeam() ? "if (part.IsFirst) " : "")}{ModelEmitter.StepTimes}[{timed.IndexOf(step).ToString(CultureInfo.InvariantCulture)}] += now - clock;");
            code.Line("clock = now;");
        }
    }

    private static IEnumerable<string> Units(Step step)
    {
        if (step.Shared)
        {
            string units = step.Range!.Count.ToString(CultureInfo.InvariantCulture);
            yield return $"part.First({units})";
            yield return $"part.End({units})";
        }
    }

    private static string Test(LoopBody loop, string index)
    {
        var tests = new List<string>();
        if (loop.Trips is { } trips)
        {
            tests.Add($"{index} < {trips.ToString(CultureInfo.InvariantCulture)}");
        }
        else if (loop.TripsPlace is { } place)
        {
            tests.Add($"{index} < *({CallEmitter.Pointer(place, "int64")})");
        }

        if (loop.Condition is { } condition)
        {
            tests.Add($"*({CallEmitter.Pointer(condition, "bool")})");
        }

        return tests.Count == 0 ? "true" : string.Join(" && ", tests);
    }

    private static void About(CodeWriter code, Step step)
    {
        foreach (string line in step.About)
        {
            code.Line("// " + line.Replace('\n', ' ').Replace('\r', ' '));
        }
    }
}
