using System.Globalization;
using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Plan;

/// <summary>Short ways to write kernel arguments.</summary>
public static class Arg
{
    /// <summary>A pointer to element 0 of a storage.</summary>
    public static Argument Pointer(string name, Storage storage) => new PointerArgument(name, storage.Type.Text(), storage.Place);

    /// <summary>A pointer to a place, with an element type of the caller's choice.</summary>
    public static Argument Pointer(string name, ElementType type, Place place) => new PointerArgument(name, type.Text(), place);

    /// <summary>A pointer that moves with the part of a step that is done.</summary>
    /// <param name="name">Parameter name.</param>
    /// <param name="type">Element type.</param>
    /// <param name="place">Where it points for the whole step.</param>
    /// <param name="perUnit">Elements from one unit of the step's range to the next.</param>
    public static Argument Moving(string name, ElementType type, Place place, long perUnit) => new PointerArgument(name, type.Text(), place) { PerUnit = perUnit };

    /// <inheritdoc cref="Moving(string, ElementType, Place, long)"/>
    public static Argument Moving(string name, Storage storage, long perUnit) => Moving(name, storage.Type, storage.Place, perUnit);

    /// <summary>How many units, or what they count, the call does.</summary>
    /// <param name="name">Parameter name.</param>
    /// <param name="total">For the whole step.</param>
    /// <param name="perUnit">For each unit.</param>
    public static Argument Count(string name, long total, long perUnit = 1) => new RangeArgument(name, RangeKind.Count, total, perUnit);

    /// <summary>The first unit that the call does.</summary>
    public static Argument First(string name) => new RangeArgument(name, RangeKind.First, 0);

    /// <summary>The unit behind the last one that the call does.</summary>
    /// <param name="name">Parameter name.</param>
    /// <param name="total">Units of the whole step.</param>
    public static Argument End(string name, int total) => new RangeArgument(name, RangeKind.End, total);

    /// <summary>An integer.</summary>
    public static Argument Int(string name, long value) => new CodeArgument(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A float.</summary>
    public static Argument Float(string name, float value) => new CodeArgument(name, CSharpTypes.Literal(value));

    /// <summary>True or false.</summary>
    public static Argument Bool(string name, bool value) => new CodeArgument(name, value ? "true" : "false");

    /// <summary>Any C# text: an enum member, null.</summary>
    public static Argument Code(string name, string code) => new CodeArgument(name, code);

    /// <summary>A short list of integers, received as ReadOnlySpan.</summary>
    public static Argument Ints(string name, IEnumerable<long> values) => new ListArgument(name, values.Select(v => v.ToString(CultureInfo.InvariantCulture)).ToList());

    /// <summary>A short list of integers, received as ReadOnlySpan.</summary>
    public static Argument Ints(string name, IEnumerable<int> values) => Ints(name, values.Select(v => (long)v));

    /// <summary>A structure.</summary>
    public static Argument Struct(string name, string type, params Argument[] fields) => new StructArgument(name, type, fields);
}
