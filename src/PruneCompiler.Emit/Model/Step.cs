using System.Collections.Generic;

namespace PruneCompiler.Emit;

/// <summary>One block of the generated file: a method that <c>Run</c> calls.</summary>
/// <param name="Name">Method name, PascalCase, unique in the plan.</param>
/// <param name="About">The English sentence above the block, and what else a reviewer should know; a line each.</param>
/// <param name="Body">What it does.</param>
public sealed record Step(string Name, IReadOnlyList<string> About, StepBody Body)
{
    /// <summary>How the work can be divided; null where it is one piece.</summary>
    public StepRange? Range { get; init; }

    /// <summary>The step is done in parts of its <see cref="Range"/>: shared by the threads of a team, or in bands. Otherwise the first thread does all of it.</summary>
    public bool Shared { get; init; }

    /// <summary>All threads of a team have to come up to here before the step begins.</summary>
    public bool Waits { get; init; }
}

/// <summary>Work in equal units, any run of which can be done apart from the others: the arguments of a call say what they become for a part of them.</summary>
/// <param name="Unit">What a unit is, for people: row, channel, 16 pixels.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Cycles">What all of them are predicted to cost.</param>
public sealed record StepRange(string Unit, int Count, long Cycles)
{
    /// <summary>The unit of steps over the rows of images.</summary>
    public const string Row = "row";
}

/// <summary>What a step does.</summary>
public abstract record StepBody;

/// <summary>A call of a runtime kernel with constant arguments.</summary>
/// <param name="Method">Class and method of the runtime: SparseRows.Run. The class names the runtime file that is needed.</param>
/// <param name="Arguments">Arguments by name.</param>
public sealed record CallBody(string Method, IReadOnlyList<Argument> Arguments) : StepBody;

/// <summary>Several calls of runtime kernels, each of which does a piece of about the same size: the units of the step's range.</summary>
/// <param name="Pieces">The calls.</param>
public sealed record PiecesBody(IReadOnlyList<CallBody> Pieces) : StepBody;

/// <summary>An element-wise loop nest: out[i] = value(in0[i], in1[i] ...) for every index i of the shape.</summary>
/// <param name="Shape">Trip counts, outermost first.</param>
/// <param name="Out">Where results go.</param>
/// <param name="Inputs">What is read; a stride of 0 broadcasts.</param>
/// <param name="Value">Expression over the inputs' names.</param>
public sealed record MapBody(IReadOnlyList<int> Shape, Operand Out, IReadOnlyList<Operand> Inputs, string Value) : StepBody
{
    /// <summary>The axis whose indices are the units of the step's range; -1 where there is no range.</summary>
    public int RangeAxis { get; init; } = -1;
}

/// <summary>A reduction: out[o] = finish(fold of value(in[o, r]) over r).</summary>
/// <param name="Shape">Trip counts of the kept axes.</param>
/// <param name="Reduced">Trip counts of the reduced axes; the operands' strides list the kept axes, then these.</param>
/// <param name="Out">Where results go; its strides cover the kept axes only.</param>
/// <param name="Inputs">What is read.</param>
/// <param name="Value">Expression that is folded.</param>
/// <param name="Fold">add, mul, min or max.</param>
/// <param name="Finish">Expression over the name "r", applied to the folded result.</param>
public sealed record ReduceBody(IReadOnlyList<int> Shape, IReadOnlyList<int> Reduced, Operand Out, IReadOnlyList<Operand> Inputs, string Value, string Fold, string Finish) : StepBody;

/// <summary>A strided view of memory.</summary>
/// <param name="Name">Name in the expression; "out" for the result.</param>
/// <param name="Place">What memory.</param>
/// <param name="Type">Element type.</param>
/// <param name="Strides">Elements between neighbours, per axis of the loop nest.</param>
public sealed record Operand(string Name, Place Place, string Type, IReadOnlyList<long> Strides);

/// <summary>A start address: in a buffer or in the weights.</summary>
public abstract record Place;

/// <summary>An address in a buffer.</summary>
/// <param name="Buffer">The buffer's name.</param>
/// <param name="Offset">Elements from its start.</param>
public sealed record BufferPlace(string Buffer, long Offset) : Place;

/// <summary>An address in the weights.</summary>
/// <param name="Section">Which part.</param>
/// <param name="Offset">Bytes from the part's start.</param>
public sealed record WeightsPlace(WeightsSection Section, long Offset) : Place;

/// <summary>Parts of the weights resource.</summary>
public enum WeightsSection
{
    /// <summary>Loaded as vectors; 64-byte aligned.</summary>
    Vectors,

    /// <summary>Streamed or broadcast; read in place, with no guaranteed alignment.</summary>
    Stream,
}
