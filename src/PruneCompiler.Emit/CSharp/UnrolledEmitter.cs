using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints a tiny convolution as straight-line code, generic over the vector width.</summary>
internal static class UnrolledEmitter
{
    // The JIT stops inlining vector operations in methods that have too many of them; a method of this many multiply-adds stays well below.
    private const int TapsPerMethod = 110;

    // Sums that stay in registers with 16 of them: the loaded pixels and a broadcast weight need some too.
    private const int SumsPerMethod = 12;

    // Units of a step whose rows are one: what the widest vectors hold.
    private const int PixelsPerUnit = 16;

    /// <summary>The step's method picks the widest vectors of the processor; the methods behind it do the work.</summary>
    public static void Emit(CodeWriter code, ModelPlan plan, Step step, UnrolledBody body)
    {
        bool byRow = body.Rows > 1;
        string arguments = step.Shared && !byRow ? $"{CallEmitter.Pointer(body.Input, "float32")}, {CallEmitter.Pointer(body.Output, "float32")}, first, end" : step.Shared
            ? $"{CallEmitter.Pointer(body.Input, "float32")} + (first * {N(body.InputRow)}), {CallEmitter.Pointer(body.Output, "float32")} + (first * {N(body.OutputRow)}), end - first"
            : $"{CallEmitter.Pointer(body.Input, "float32")}, {CallEmitter.Pointer(body.Output, "float32")}";
        List<List<UnrolledChannel>> parts = Split(body.Channels);
        using (code.Braces($"private static void {step.Name}({StepEmitter.Parameters(plan, step)})"))
        {
            string[] lanes = ["Lanes512", "Lanes256", "Lanes128"];
            for (int i = 0; i < lanes.Length; i++)
            {
                using (code.Braces($"{(i == 0 ? "" : "else ")}if ({lanes[i]}.IsNative)"))
                {
                    EmitCalls(code, step, parts.Count, $"global::System.Runtime.Intrinsics.Vector{lanes[i].Substring(5)}<float>, {lanes[i]}", arguments);
                }
            }

            using (code.Braces("else"))
            {
                EmitCalls(code, step, parts.Count, "float, Lanes1", arguments);
            }
        }

        for (int i = 0; i < parts.Count; i++)
        {
            code.Line();
            using (code.Braces($"private static void {step.Name}Part{N(i + 1)}<TV, TS>(float* from, float* to{(step.Shared ? byRow ? ", int rows" : ", int first, int end" : "")}) where TV : unmanaged where TS : struct, ILanes<TV>"))
            {
                EmitPart(code, body, parts[i], step.Shared);
            }
        }
    }

    private static void EmitCalls(CodeWriter code, Step step, int parts, string types, string arguments)
    {
        for (int i = 0; i < parts; i++)
        {
            code.Line($"{step.Name}Part{N(i + 1)}<{types}>({arguments});");
        }
    }

    private static void EmitPart(CodeWriter code, UnrolledBody body, List<UnrolledChannel> channels, bool ranged)
    {
        string mask = "null";
        if (body.Mask is not null)
        {
            code.Line($"float* mask = {CallEmitter.Pointer(body.Mask, "float32")};");
            mask = "mask + x";
        }

        code.Line($"TV low = TS.Create({CSharpTypes.Literal(body.Low)}), high = TS.Create({CSharpTypes.Literal(body.High)});");
        if (ranged && body.Rows == 1)
        {
            // One row of flattened planes: the part is a run of its pixels, whole vectors.
            EmitPixels(code, body, channels, $"for (int x = first * {PixelsPerUnit}; x < end * {PixelsPerUnit}; x += TS.Count)", mask);
            return;
        }

        using (code.Braces($"for (int y = 0; y < {(ranged ? "rows" : N(body.Rows))}; y++, from += {N(body.InputRow)}, to += {N(body.OutputRow)})"))
        {
            code.Line("int x = 0;");
            EmitPixels(code, body, channels, $"for (; x < {N(body.Width)}; x += TS.Count)", mask);
            using (code.Braces($"for (; x < {N(body.StoredWidth)}; x += TS.Count)"))
            {
                foreach (UnrolledChannel channel in channels)
                {
                    code.Line($"TS.Store(to + x + {N(channel.OutputOffset)}, default); // the gap is the next layer's padding");
                }
            }
        }
    }

    private static void EmitPixels(CodeWriter code, UnrolledBody body, List<UnrolledChannel> channels, string loop, string mask)
    {
        using (code.Braces(loop))
        {
            // Elements of two pointers: the C# compiler takes ten times as long for the sums of a pointer and two numbers.
            code.Line("float* pixel = from + x, result = to + x;");
            EmitSums(code, channels);
            for (int c = 0; c < channels.Count; c++)
            {
                string value = body.Slope == 1 ? $"c{N(c)}" : $"Panels.Leak<TV, TS>(c{N(c)}, TS.Create({CSharpTypes.Literal(body.Slope)}))";
                code.Line($"TS.Store(&result[{N(channels[c].OutputOffset)}], Panels.Limit<TV, TS>({value}, low, high, {mask}));");
            }
        }
    }

    // Taps in the order of their offsets, so that channels share the loads.
    private static void EmitSums(CodeWriter code, List<UnrolledChannel> channels)
    {
        for (int c = 0; c < channels.Count; c++)
        {
            code.Line($"TV c{N(c)} = TS.Create({CSharpTypes.Literal(channels[c].Bias)});");
        }

        bool declared = false;
        foreach (var taps in channels.SelectMany((channel, c) => channel.Taps.Select(t => (t.Offset, t.Weight, Channel: c))).GroupBy(t => t.Offset).OrderBy(g => g.Key))
        {
            code.Line($"{(declared ? "" : "TV ")}tap = TS.Load(&pixel[{N(taps.Key)}]);");
            declared = true;
            foreach ((_, float weight, int channel) in taps)
            {
                code.Line($"c{N(channel)} = TS.MultiplyAdd(TS.Create({CSharpTypes.Literal(weight)}), tap, c{N(channel)});");
            }
        }
    }

    private static List<List<UnrolledChannel>> Split(IReadOnlyList<UnrolledChannel> channels)
    {
        var parts = new List<List<UnrolledChannel>> { new() };
        int taps = 0;
        foreach (UnrolledChannel channel in channels)
        {
            if (parts[parts.Count - 1].Count > 0 && (parts[parts.Count - 1].Count == SumsPerMethod || taps + channel.Taps.Count > TapsPerMethod))
            {
                parts.Add([]);
                taps = 0;
            }

            parts[parts.Count - 1].Add(channel);
            taps += channel.Taps.Count;
        }

        return parts;
    }

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
