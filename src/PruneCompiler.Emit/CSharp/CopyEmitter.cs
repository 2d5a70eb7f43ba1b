using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints copies whose innermost loop moves whole runs of memory, and transposes in blocks that stay in the cache.</summary>
internal static class CopyEmitter
{
    private const int ShortestRun = 8;
    private const int Block = 16;

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

        return Transpose(nest, axes);
    }

    // One loop walks the result, another the source: blocks of both, so that each cache line is fetched once.
    private static bool Transpose(NestEmitter nest, List<LoopAxis> axes)
    {
        LoopAxis inner = axes[axes.Count - 1];
        LoopAxis? across = axes.Take(axes.Count - 1).FirstOrDefault(a => a.Strides[1] == 1);
        if (across is null || inner.Strides[0] != 1 || inner.Trips < Block || across.Trips < Block)
        {
            return false;
        }

        EnterAll(nest, axes.Take(axes.Count - 1).Where(a => a != across));
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

        nest.Close();
        return true;
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
