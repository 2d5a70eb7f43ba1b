using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints a call of a runtime kernel, one named argument a line.</summary>
internal static class CallEmitter
{
    /// <param name="code">Where to.</param>
    /// <param name="call">What to print.</param>
    /// <param name="ranged">The call does the units from <c>first</c> to <c>end</c>, not all of them.</param>
    public static void Emit(CodeWriter code, CallBody call, bool ranged)
    {
        code.Line($"{call.Method}(");
        using (code.Indent())
        {
            for (int i = 0; i < call.Arguments.Count; i++)
            {
                Argument argument = call.Arguments[i];
                code.Line($"{argument.Name}: {Text(argument, ranged)}{(i == call.Arguments.Count - 1 ? ");" : ",")}");
            }
        }
    }

    /// <summary>A pointer expression.</summary>
    public static string Pointer(Place place, string elementType) => place switch
    {
        BufferPlace { Offset: 0 } buffer => buffer.Buffer,
        BufferPlace buffer => $"{buffer.Buffer} + {N(buffer.Offset)}",
        WeightsPlace weights => $"({CSharpTypes.Of(elementType)}*)(Weights.{weights.Section} + {N(weights.Offset)})",
        _ => throw new NotSupportedException(place.GetType().Name),
    };

    private static string Text(Argument argument, bool ranged) => argument switch
    {
        PointerArgument { PerUnit: not 0 } pointer when ranged => $"{Pointer(pointer.Place, pointer.Type)} + {Times("first", pointer.PerUnit)}",
        PointerArgument pointer => Pointer(pointer.Place, pointer.Type),
        RangeArgument range when ranged => range.Kind switch
        {
            RangeKind.First => Times("first", range.PerUnit),
            RangeKind.End => Times("end", range.PerUnit),
            _ => range.PerUnit == 1 ? "end - first" : Times("(end - first)", range.PerUnit),
        },
        RangeArgument range => range.Kind == RangeKind.First ? "0" : N(range.Total),
        CodeArgument code => code.Code,
        ListArgument list => $"[{string.Join(", ", list.Values)}]",
        StructArgument structure => $"new {structure.Type}({string.Join(", ", structure.Fields.Select(f => $"{f.Name}: {Text(f, ranged)}"))})",
        _ => throw new NotSupportedException(argument.GetType().Name),
    };

    private static string Times(string units, long each) => each == 1 ? units : $"({units} * {N(each)})";

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
