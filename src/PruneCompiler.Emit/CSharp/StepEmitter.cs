using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints one step as a method under its sentence.</summary>
internal static class StepEmitter
{
    public static void Emit(CodeWriter code, ModelPlan plan, Step step)
    {
        for (int i = 0; i < step.About.Count; i++)
        {
            code.Line((i == 0 ? "// " : "//   ") + step.About[i].Replace('\n', ' ').Replace('\r', ' '));
        }

        if (step.Body is UnrolledBody unrolled)
        {
            UnrolledEmitter.Emit(code, plan, step, unrolled);
            return;
        }

        string parameters = string.Join(", ", Buffers(plan, step).Select(b => $"{CSharpTypes.Of(b.Type)}* {b.Name}"));
        using (code.Braces($"private static void {step.Name}({parameters})"))
        {
            switch (step.Body)
            {
                case CallBody call:
                    CallEmitter.Emit(code, call);
                    break;
                case MapBody map:
                    MapEmitter.Emit(code, map);
                    break;
                case ReduceBody reduce:
                    ReduceEmitter.Emit(code, reduce);
                    break;
                default:
                    throw new NotSupportedException(step.Body.GetType().Name);
            }
        }
    }

    /// <summary>The buffers that a step touches, in the plan's order.</summary>
    public static IEnumerable<BufferPlan> Buffers(ModelPlan plan, Step step)
    {
        var names = new HashSet<string>(step.Body.Places().OfType<BufferPlace>().Select(p => p.Buffer), StringComparer.Ordinal);
        return plan.Buffers.Where(b => names.Contains(b.Name));
    }
}
