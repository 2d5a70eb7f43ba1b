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
