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

        using (code.Braces($"private static void {step.Name}({Parameters(plan, step)})"))
        {
            switch (step.Body)
            {
                case CallBody call:
                    CallEmitter.Emit(code, call, step.Shared);
                    break;
                case PiecesBody pieces:
                    EmitPieces(code, pieces, step.Shared);
                    break;
                case MapBody map:
                    MapEmitter.Emit(code, map, step.Shared);
                    break;
                case ReduceBody reduce:
                    ReduceEmitter.Emit(code, reduce);
                    break;
                default:
                    throw new NotSupportedException(step.Body.GetType().Name);
            }
        }
    }

    /// <summary>Parameters of a step's method: its buffers, and which units it does where threads share it.</summary>
    public static string Parameters(ModelPlan plan, Step step) =>
        string.Join(", ", Buffers(plan, step).Select(b => $"{CSharpTypes.Of(b.Type)}* {b.Name}").Concat(step.Shared ? ["int first, int end"] : Array.Empty<string>()));

    private static void EmitPieces(CodeWriter code, PiecesBody body, bool ranged)
    {
        if (!ranged)
        {
            foreach (CallBody piece in body.Pieces)
            {
                CallEmitter.Emit(code, piece, ranged: false);
            }

            return;
        }

        using (code.Braces("for (int piece = first; piece < end; piece++)"))
        using (code.Braces("switch (piece)"))
        {
            for (int i = 0; i < body.Pieces.Count; i++)
            {
                code.Line(i == body.Pieces.Count - 1 ? "default:" : $"case {NestEmitter.N(i)}:");
                using (code.Indent())
                {
                    CallEmitter.Emit(code, body.Pieces[i], ranged: false);
                    code.Line("break;");
                }
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
