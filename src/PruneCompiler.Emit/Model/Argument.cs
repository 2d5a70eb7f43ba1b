using System.Collections.Generic;

namespace PruneCompiler.Emit;

/// <summary>An argument of a kernel call.</summary>
/// <param name="Name">Parameter name.</param>
public abstract record Argument(string Name);

/// <summary>A pointer.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Type">Element type of the pointer: float32, uint16 ...</param>
/// <param name="Place">Where it points.</param>
public sealed record PointerArgument(string Name, string Type, Place Place) : Argument(Name)
{
    /// <summary>Elements by which it moves for each unit of the step's range that comes before the part.</summary>
    public long PerUnit { get; init; }
}

/// <summary>A number that depends on which part of the step's range the call does.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Kind">What it tells of the part.</param>
/// <param name="Total">Its value when the call does the whole range.</param>
/// <param name="PerUnit">What each unit counts.</param>
public sealed record RangeArgument(string Name, RangeKind Kind, long Total, long PerUnit = 1) : Argument(Name);

/// <summary>What a number tells of a part of a range.</summary>
public enum RangeKind
{
    /// <summary>Where the part begins.</summary>
    First,

    /// <summary>Where it ends.</summary>
    End,

    /// <summary>How long it is.</summary>
    Count,
}

/// <summary>A number, bool or C# name.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Code">The C# text: 16, 0.5f, true, Activation.Clamp, null.</param>
public sealed record CodeArgument(string Name, string Code) : Argument(Name);

/// <summary>A short list of numbers, printed as a collection expression.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Values">The C# texts.</param>
public sealed record ListArgument(string Name, IReadOnlyList<string> Values) : Argument(Name);

/// <summary>A structure built from named constructor arguments.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Type">The runtime's type.</param>
/// <param name="Fields">Constructor arguments.</param>
public sealed record StructArgument(string Name, string Type, IReadOnlyList<Argument> Fields) : Argument(Name);
