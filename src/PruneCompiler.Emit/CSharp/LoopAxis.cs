using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>One loop of a nest.</summary>
/// <param name="Trips">Trip count.</param>
/// <param name="Strides">Elements between neighbours, per operand; the result first.</param>
internal sealed record LoopAxis(int Trips, long[] Strides)
{
    /// <summary>Runs from <c>first</c> to <c>end</c>, the part of the step that its caller asks for.</summary>
    public bool IsRange { get; init; }

    /// <summary>The loops of a shape; loops of one trip are left out.</summary>
    public static List<LoopAxis> Of(IReadOnlyList<int> shape, IReadOnlyList<Operand> operands, int firstAxis = 0)
    {
        var axes = new List<LoopAxis>();
        for (int i = 0; i < shape.Count; i++)
        {
            if (shape[i] != 1)
            {
                // A result's strides may end before the reduced axes: it does not move along them.
                axes.Add(new LoopAxis(shape[i], operands.Select(o => firstAxis + i < o.Strides.Count ? o.Strides[firstAxis + i] : 0).ToArray()));
            }
        }

        return axes;
    }

    /// <summary>Orders loops so that operand <paramref name="leader"/> is walked with falling strides; where it stands still, the first operand that moves decides.</summary>
    public static List<LoopAxis> Sort(List<LoopAxis> axes, int leader) =>
        axes.OrderByDescending(a => Math.Abs(a.Strides[leader] != 0 ? a.Strides[leader] : a.Strides.FirstOrDefault(s => s != 0))).ToList();

    /// <summary>Joins neighbouring loops that walk memory like one loop for every operand.</summary>
    public static List<LoopAxis> Collapse(List<LoopAxis> axes)
    {
        var result = new List<LoopAxis>();
        foreach (LoopAxis axis in axes)
        {
            LoopAxis? outer = result.Count > 0 ? result[result.Count - 1] : null;
            if (outer is not null && (long)outer.Trips * axis.Trips <= int.MaxValue && outer.Strides.Zip(axis.Strides, (o, i) => o == i * axis.Trips).All(same => same))
            {
                result[result.Count - 1] = new LoopAxis(outer.Trips * axis.Trips, axis.Strides);
            }
            else
            {
                result.Add(axis);
            }
        }

        return result;
    }
}
