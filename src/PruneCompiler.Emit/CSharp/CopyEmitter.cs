using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints copies whose innermost loop moves whole runs of memory, and transposes in blocks that stay in the cache.</summary>
internal static class CopyEmitter
{
    private const int ShortestRun = 8;
    private const int Block = 16;

    // Smaller matrices are read and written faster than a kernel is called.
    private const int SmallestKernel = 64;

    /// <summary>Prints the copy; false when a plain loop nest says it as well.</summary>
    public static bool Emit(NestEmitter nest, IReadOnlyList<Operand> operands, List<LoopAxis> axes)
    {
        if (axes.Count == 0)
        {
            return false;
        }

        LoopAxis inner = axes[axes.Count - 1];
        if (inner.Strides[0] == 1 && inner.Strides[1] == 1 && inner.Trips >= ShortestRun)
        {
            EnterAll(nest, axes.Take(axes.Count - 1));
            string type = CSharpTypes.Of(operands[0].Type), trips = NestEmitter.N(inner.Trips);
            nest.Code.Line($"new ReadOnlySpan<{type}>({nest.Address(1)}, {trips}).CopyTo(new Span<{type}>({nest.Address(0)}, {trips}));");
            nest.Close();
            return true;
        }

        if (inner.Strides[0] == 1 && inner.Strides[1] == 0 && inner.Trips >= ShortestRun)
        {
            EnterAll(nest, axes.Take(axes.Count - 1));
            string type = CSharpTypes.Of(operands[0].Type);
            string source = nest.Row(1);
            nest.Code.Line($"new Span<{type}>({nest.Address(0)}, {NestEmitter.N(inner.Trips)}).Fill({source}[0]);");
            nest.Close();
            return true;
        }

        return Transpose(nest, operands[0].Type, axes);
    }

    /// <summary>The runtime file whose kernel a copy calls; null where loops do it.</summary>
    public static string? Kernel(MapBody map)
    {
        List<Operand> operands = [map.Out, .. map.Inputs];
        return operands.Count == 2 && operands[0].Type == operands[1].Type
            && Across(LoopAxis.Collapse(LoopAxis.Sort(LoopAxis.Of(map.Shape, operands), 0))) is not null ? Kernel(map.Out.Type)?.Class : null;
    }

    // Bits are all that moves: a number of the same size stands for any type.
    private static (string Class, string Type)? Kernel(string type) => CSharpTypes.Size(type) switch
    {
        4 => ("Transpose", "float"),
        2 => ("TransposeShort", "ushort"),
        1 => ("TransposeShort", "byte"),
        _ => null,
    };

    // The loop that walks the source, where the innermost one walks the result.
    private static LoopAxis? Across(List<LoopAxis> axes)
    {
        LoopAxis? inner = axes.LastOrDefault();
        LoopAxis? across = axes.Take(axes.Count - 1).FirstOrDefault(a => a.Strides[1] == 1 && !a.IsRange);
        return across is not null && inner!.Strides[0] == 1 && (long)inner.Trips * across.Trips >= SmallestKernel ? across : null;
    }

    private static bool Transpose(NestEmitter nest, string elementType, List<LoopAxis> axes)
    {
        LoopAxis inner = axes[axes.Count - 1];
        (string Class, string Type)? kernel = Kernel(elementType);
        if (Across(axes) is not { } across || (kernel is null && (inner.Trips < Block || across.Trips < Block)))
        {
            return false;
        }

        EnterAll(nest, axes.Take(axes.Count - 1).Where(a => a != across));
        if (kernel is { } call)
        {
            string cast = CSharpTypes.Of(elementType) == call.Type ? "" : $"({call.Type}*)";
            string source = nest.Row(1), result = nest.Row(0);
            nest.Code.Line($"{call.Class}.Run({cast}{source}, {NestEmitter.N(inner.Strides[1])}, {cast}{result}, {NestEmitter.N(across.Strides[0])}, {NestEmitter.N(inner.Trips)}, {NestEmitter.N(across.Trips)});");
        }
        else
        {
            InBlocks(nest, inner, across);
        }

        nest.Close();
        return true;
    }

    // Blocks of both sides, so that each cache line is fetched once.
    private static void InBlocks(NestEmitter nest, LoopAxis inner, LoopAxis across)
    {
        CodeWriter code = nest.Code;
        string to = nest.Row(0), from = nest.Row(1);
        string rowBlock = nest.Names.Take("rows"), columnBlock = nest.Names.Take("columns"), row = nest.Names.Take("row"), column = nest.Names.Take("column");
        using (code.Braces(Blocks(rowBlock, across.Trips)))
        using (code.Braces(Blocks(columnBlock, inner.Trips)))
        using (code.Braces(Within(row, rowBlock, across.Trips)))
        using (code.Braces(Within(column, columnBlock, inner.Trips)))
        {
            code.Line($"{to}[({row} * {NestEmitter.N(across.Strides[0])}) + {column}] = {from}[({column} * {NestEmitter.N(inner.Strides[1])}) + {row}];");
        }
    }

    private static string Blocks(string variable, int trips) => $"for (int {variable} = 0; {variable} < {NestEmitter.N(trips)}; {variable} += {Block})";

    private static string Within(string variable, string block, int trips)
    {
        string end = trips % Block == 0 ? $"{block} + {Block}" : $"Math.Min({block} + {Block}, {NestEmitter.N(trips)})";
        return $"for (int {variable} = {block}; {variable} < {end}; {variable}++)";
    }

    private static void EnterAll(NestEmitter nest, IEnumerable<LoopAxis> axes)
    {
        foreach (LoopAxis axis in axes)
        {
            nest.Enter(axis);
        }
    }
}
