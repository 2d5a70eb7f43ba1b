using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>What memory a step touches.</summary>
public static class StepPlaces
{
    /// <summary>Every place that the step reads or writes.</summary>
    public static IEnumerable<Place> Places(this StepBody body) => body switch
    {
        CallBody call => call.Arguments.SelectMany(Places),
        MapBody map => map.Inputs.Prepend(map.Out).Select(o => o.Place),
        ReduceBody reduce => reduce.Inputs.Prepend(reduce.Out).Select(o => o.Place),
        _ => throw new NotSupportedException(body.GetType().Name),
    };

    private static IEnumerable<Place> Places(Argument argument) => argument switch
    {
        PointerArgument pointer => [pointer.Place],
        StructArgument structure => structure.Fields.SelectMany(Places),
        _ => [],
    };
}
