using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints a call of a runtime kernel, one named argument a line.</summary>
internal static class CallEmitter
{
    public static void Emit(CodeWriter code, CallBody call)
    {
        code.Line($"{call.Method}(");
        using (code.Indent())
        {
            for (int i = 0; i < call.Arguments.Count; i++)
            {
                Argument argument = call.Arguments[i];
                code.Line($"{argument.Name}: {Text(argument)}{(i == call.Arguments.Count - 1 ? ");" : ",")}");
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

    private static string Text(Argument argument) => argument switch
    {
        PointerArgument pointer => Pointer(pointer.Place, pointer.Type),
        CodeArgument code => code.Code,
        ListArgument list => $"[{string.Join(", ", list.Values)}]",
        StructArgument structure => $"new {structure.Type}({string.Join(", ", structure.Fields.Select(f => $"{f.Name}: {Text(f)}"))})",
        _ => throw new NotSupportedException(argument.GetType().Name),
    };

    private static string N(long value) => value.ToString(CultureInfo.InvariantCulture);
}
