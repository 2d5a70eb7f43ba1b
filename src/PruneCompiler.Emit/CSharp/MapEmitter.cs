using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Prints an element-wise loop nest: loops that walk memory as one are joined, the innermost one runs in vectors where it can.</summary>
internal static class MapEmitter
{
    // Below this many trips a vector loop costs more to read and to enter than it saves.
    private const int FewestForVectors = 8;

    // Vector<T> is at most 64 bytes wide: a multiple of this leaves no rest.
    private const int WidestVector = 64;

    /// <param name="code">Where to.</param>
    /// <param name="map">What to print.</param>
    /// <param name="ranged">Only the indices from <c>first</c> to <c>end</c> of the range's axis.</param>
    public static void Emit(CodeWriter code, MapBody map, bool ranged = false)
    {
        if (map.Shape.Any(d => d == 0))
        {
            code.Line("// The result has no elements.");
            return;
        }

        Expression expression = ExpressionParser.Parse(map.Value);
        List<Operand> operands = [map.Out, .. Used(map.Inputs, expression)];
        List<LoopAxis> axes = LoopAxis.Collapse(LoopAxis.Sort(LoopAxis.Of([.. map.Shape.Select((d, i) => ranged && i == map.RangeAxis ? 1 : d)], operands), 0));
        if (ranged)
        {
            axes.Insert(0, new LoopAxis(map.Shape[map.RangeAxis], operands.Select(o => o.Strides[map.RangeAxis]).ToArray()) { IsRange = true });
        }

        bool copy = IsCopy(expression, operands);
        var nest = new NestEmitter(code, operands);
        if (copy && CopyEmitter.Emit(nest, operands, axes))
        {
            return;
        }

        LoopAxis inner = axes.Count > 0 ? axes[axes.Count - 1] : new LoopAxis(1, new long[operands.Count]);
        List<LoopAxis> outer = axes.Take(axes.Count - 1).ToList();
        nest.Declare(outer);
        foreach (LoopAxis axis in outer)
        {
            nest.Enter(axis);
        }

        var loop = new InnerLoop(nest, operands, inner, expression);
        if (inner.Trips == 1)
        {
            loop.EmitOne(copy);
        }
        else if (!copy && inner.Trips >= FewestForVectors && inner.Strides[0] == 1 && loop.HasVectorForm())
        {
            loop.EmitVectors(WidestVector / CSharpTypes.Size(map.Out.Type));
        }
        else if (!copy && inner.Trips >= FewestForVectors && inner.Strides[0] == 1 && loop.HasMixedForm())
        {
            loop.EmitVectors(WidestVector / sizeof(int), mixed: true);
        }
        else
        {
            loop.EmitScalars(copy);
        }

        nest.Close();
    }

    /// <summary>The runtime file that a copy calls; null for other nests.</summary>
    public static string? CopyKernel(MapBody map) =>
        map.Shape.All(d => d > 0) && map.Inputs.Count > 0 && IsCopy(ExpressionParser.Parse(map.Value), [map.Out, .. map.Inputs]) ? CopyEmitter.Kernel(map) : null;

    /// <summary>True when elements move unchanged.</summary>
    private static bool IsCopy(Expression expression, List<Operand> operands) => expression is NameExpression && operands[0].Type == operands[1].Type;

    private static IEnumerable<Operand> Used(IReadOnlyList<Operand> inputs, Expression expression)
    {
        IReadOnlyList<string> names = expression.Names();
        return inputs.Where(o => names.Contains(o.Name, StringComparer.Ordinal));
    }
}
