using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints the calls of steps in Run, with the branches and loops around them.</summary>
internal static class ControlEmitter
{
    public static void Emit(CodeWriter code, ModelPlan plan, IEnumerable<Step> steps, int depth = 0)
    {
        foreach (Step step in steps)
        {
            switch (step.Body)
            {
                case IfBody choice:
                    About(code, step);
                    using (code.Braces($"if (*({CallEmitter.Pointer(choice.Condition, "bool")}))"))
                    {
                        Emit(code, plan, choice.Then, depth);
                    }

                    using (code.Braces("else"))
                    {
                        Emit(code, plan, choice.Else, depth);
                    }

                    break;
                case LoopBody loop:
                    About(code, step);
                    string index = "iteration" + (depth == 0 ? "" : depth.ToString(CultureInfo.InvariantCulture));
                    using (code.Braces($"for (long {index} = 0; {Test(loop, index)}; {index}++)"))
                    {
                        code.Line($"*({CallEmitter.Pointer(loop.Counter, "int64")}) = {index};");
                        Emit(code, plan, loop.Steps, depth + 1);
                    }

                    break;
                default:
                    code.Line($"{step.Name}({string.Join(", ", StepEmitter.Buffers(plan, step).Select(b => b.Name))});");
                    break;
            }
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
