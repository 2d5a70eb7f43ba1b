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
        PiecesBody pieces => pieces.Pieces.SelectMany(Places),
        MapBody map => map.Inputs.Prepend(map.Out).Select(o => o.Place),
        ReduceBody reduce => reduce.Inputs.Prepend(reduce.Out).Select(o => o.Place),
        UnrolledBody unrolled => new[] { unrolled.Input, unrolled.Output, unrolled.Mask }.Where(p => p is not null).Select(p => p!),
        IfBody choice => Inside(choice).Prepend(choice.Condition),
        BandsBody bands => Inside(bands),
        LoopBody loop => Inside(loop).Concat(Header(loop)),
        _ => throw new NotSupportedException(body.GetType().Name),
    };

    /// <summary>The places that the head of a loop itself touches, each time that it is passed.</summary>
    public static IEnumerable<Place> Header(LoopBody loop) => new[] { loop.Counter, loop.TripsPlace, loop.Condition }.Where(p => p is not null).Select(p => p!);

    private static IEnumerable<Place> Inside(StepBody body) => body.Nested().SelectMany(steps => steps).SelectMany(s => s.Body.Places());

    private static IEnumerable<Place> Places(Argument argument) => argument switch
    {
        PointerArgument pointer => [pointer.Place],
        StructArgument structure => structure.Fields.SelectMany(Places),
        _ => [],
    };
}
