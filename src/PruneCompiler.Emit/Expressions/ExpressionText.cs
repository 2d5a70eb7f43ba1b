using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>A typed piece of C#.</summary>
/// <param name="Code">The text.</param>
/// <param name="Type">Computing type: float32, float64, bool or an integer type.</param>
/// <param name="IsAtom">False when it needs parentheses inside a larger formula.</param>
internal readonly record struct TypedCode(string Code, string Type, bool IsAtom)
{
    public string Inner => IsAtom ? Code : $"({Code})";
}

/// <summary>Turns an expression into C#, for one element or for a vector of them.</summary>
/// <param name="names">C# of every name, in computing form.</param>
/// <param name="vector">True for vectors.</param>
/// <param name="wide">True for vectors of 512 bits instead of <c>Vector</c>, which has at most 256.</param>
/// <param name="mixed">True for vectors over operands of several widths, see <see cref="MixedForm"/>.</param>
internal sealed class ExpressionText(IReadOnlyDictionary<string, TypedCode> names, bool vector, bool wide = false, bool mixed = false)
{
    /// <summary>The text, or null when the expression has no vector form.</summary>
    public TypedCode? Of(Expression expression) => expression switch
    {
        NameExpression name => names.TryGetValue(name.Name, out TypedCode code) ? code : throw new FormatException($"the expression reads '{name.Name}', which is no operand"),
        LiteralExpression literal => Literal(literal),
        ApplyExpression apply => Apply(apply),
        CastExpression cast => Cast(cast),
        _ => throw new FormatException($"'let' has to stand outermost: {expression}"),
    };

    /// <summary>C# of a value of computing type as the element type <paramref name="stored"/>.</summary>
    public static string Store(TypedCode value, string stored, bool saturate)
    {
        TypedCode computed = value.Type == ElementKinds.Computed(stored) ? value : Convert(value, stored);
        return stored switch
        {
            "float16" => $"(Half){computed.Inner}",
            "bfloat16" => $"SmallFloats.ToBFloat16({computed.Code})",
            _ when ElementKinds.IsSmallFloat(stored) => $"SmallFloats.To{ElementKinds.SmallFloatName(stored)}({computed.Code}, saturate: {(saturate ? "true" : "false")})",
            _ => computed.Code,
        };
    }

    /// <summary>C# of a stored element in computing form.</summary>
    public static TypedCode Load(string code, string stored) => stored switch
    {
        "float16" => new TypedCode($"(float){code}", "float32", false),
        "bfloat16" => new TypedCode($"SmallFloats.FromBFloat16({code})", "float32", true),
        _ when ElementKinds.IsSmallFloat(stored) => new TypedCode($"SmallFloats.From{ElementKinds.SmallFloatName(stored)}({code})", "float32", true),
        _ => new TypedCode(code, ElementKinds.Computed(stored), true),
    };

    /// <summary>Runtime files that a loop nest's expressions and operand types call.</summary>
    public static IEnumerable<string> Files(StepBody body) => body switch
    {
        MapBody map => Files(ExpressionParser.Parse(map.Value)).Concat(map.Inputs.Append(map.Out).SelectMany(o => TypeFiles(o.Type)))
            .Concat(MixedForm.Applies(ExpressionParser.Parse(map.Value), map.Inputs.ToDictionary(o => o.Name, o => o.Type), map.Out.Type) ? [MixedForm.File] : [])
            .Concat(MapEmitter.CopyKernel(map) is { } kernel ? [kernel] : []),
        ReduceBody reduce => new[] { reduce.Value, reduce.Finish }.SelectMany(e => Files(ExpressionParser.Parse(e)))
            .Concat(reduce.Inputs.Append(reduce.Out).SelectMany(o => TypeFiles(o.Type)))
            .Concat(reduce.Fold == "add" ? [] : ["VectorElements"]),
        _ => [],
    };

    private static string[] TypeFiles(string type) =>
        type == "bfloat16" || ElementKinds.IsSmallFloat(type) ? ["SmallFloats"] : type is "int4" or "uint4" or "int2" or "uint2" ? ["ScalarMath"] : [];

    private static IEnumerable<string> Files(Expression expression) => expression switch
    {
        ApplyExpression apply => ExpressionFunctions.Find(apply.Function).Files.Split([' '], StringSplitOptions.RemoveEmptyEntries).Concat(apply.Arguments.SelectMany(Files)),
        CastExpression cast => TypeFiles(cast.Type).Concat(Files(cast.Argument)),
        LetExpression let => Files(let.Value).Concat(Files(let.Body)),
        _ => [],
    };

    private TypedCode Literal(LiteralExpression literal)
    {
        string code = literal.Type switch
        {
            "bool" => literal.Text,
            "float32" => Float(literal.Text, "float", "f"),
            "float64" => Float(literal.Text, "double", "d"),
            "int64" => literal.Text == "-9223372036854775808" ? "long.MinValue" : literal.Text + "L",
            "uint64" => literal.Text + "UL",
            "uint32" => literal.Text + "u",
            "int32" => literal.Text,
            _ => $"({CSharpTypes.Of(literal.Type)})({literal.Text})",
        };
        bool atom = code[0] != '-';
        return !vector ? new TypedCode(code, literal.Type, atom)
            : mixed && literal.Type == "bool" ? new TypedCode(literal.Text == "true" ? "Vector<int>.AllBitsSet" : "Vector<int>.Zero", literal.Type, true)
            : mixed && ElementKinds.IsShort(literal.Type) ? new TypedCode($"new Vector<int>({literal.Text})", literal.Type, true)
            : wide ? new TypedCode($"Vector512.Create({code})", literal.Type, true)
            : literal.Text is "0" && literal.Type == "float32" ? new TypedCode("Vector<float>.Zero", "float32", true)
            : new TypedCode($"new Vector<{CSharpTypes.Of(literal.Type)}>({code})", literal.Type, true);
    }

    private static string Float(string text, string type, string suffix) => text switch
    {
        "nan" => type + ".NaN",
        "inf" => type + ".PositiveInfinity",
        "-inf" => type + ".NegativeInfinity",
        _ => text + suffix,
    };

    private TypedCode? Apply(ApplyExpression apply)
    {
        ExpressionFunction function = ExpressionFunctions.Find(apply.Function);
        var arguments = new List<TypedCode>();
        foreach (Expression argument in apply.Arguments)
        {
            if (Of(argument) is not { } code)
            {
                return null;
            }

            arguments.Add(code);
        }

        string type = arguments[arguments.Count - 1].Type;
        foreach (TypedCode other in arguments.Skip(apply.Function == "select" ? 1 : 0))
        {
            if (other.Type != type)
            {
                throw new FormatException($"{apply.Function} mixes {other.Type} with {type} in {apply}");
            }
        }

        string? form = vector ? type == "bool" ? MaskForm(apply.Function) : function.VectorOf(type) : function.Scalar(type);
        form = wide ? Wide(form) : mixed && ElementKinds.IsShort(type) && !MixedForm.KeepsWidth(apply.Function) ? null : form;
        if (form is null)
        {
            return null;
        }

        if (form == "{0}")
        {
            return arguments[0];
        }

        bool infix = form.IndexOf('(') < 0;
        string text = form;
        for (int i = 0; i < arguments.Count; i++)
        {
            text = text.Replace("{" + i + "}", infix ? arguments[i].Inner : arguments[i].Code);
        }

        string cs = CSharpTypes.Of(type);
        text = text.Replace("{M}", cs == "float" ? "MathF" : "Math").Replace("{T}", cs)
            .Replace("{X}", cs == "float" ? "VectorMath" : apply.Function is "sigmoid" or "erf" ? "ScalarMath" : "Math");
        string result = function.Result == ResultType.Bool ? "bool" : type;
        if (!vector && ElementKinds.IsShort(result) && !text.StartsWith("ScalarMath.", StringComparison.Ordinal))
        {
            return new TypedCode($"({cs})({text})", result, true);
        }

        return new TypedCode(text, result, !infix);
    }

    // Functions of Vector are those of Vector512, but for one name; helpers of our own exist for VectorMath alone.
    private static string? Wide(string? form) =>
        form is null || form.Contains("VectorElements.") ? null : form.Replace("Vector.SquareRoot", "Vector512.Sqrt").Replace("Vector.", "Vector512.");

    // Comparisons of vectors give masks of all ones or zeros per lane.
    private static string? MaskForm(string function) => function switch
    {
        "and" or "min" => "{0} & {1}",
        "or" or "max" => "{0} | {1}",
        "xor" => "{0} ^ {1}",
        "not" => "~{0}",
        "equal" => "Vector.Equals({0}, {1})",
        "select" => "Vector.ConditionalSelect({0}, {1}, {2})",
        _ => null,
    };

    private TypedCode? Cast(CastExpression cast)
    {
        if (Of(cast.Argument) is not { } value)
        {
            return null;
        }

        if (vector)
        {
            return mixed ? MixedForm.Cast(value, cast.Type)
                : value.Type == cast.Type ? value
                : wide ? null
                : (value.Type, cast.Type) is ("int32", "float32") ? new TypedCode($"Vector.ConvertToSingle({value.Code})", "float32", true)
                : null;
        }

        TypedCode computed = Convert(value, cast.Type);
        return cast.Type is "float16" or "bfloat16" || ElementKinds.IsSmallFloat(cast.Type) ? Load("(" + Store(computed, cast.Type, cast.Saturate) + ")", cast.Type) : computed;
    }

    private static TypedCode Convert(TypedCode value, string to)
    {
        string computed = ElementKinds.Computed(to), type = CSharpTypes.Of(computed);
        if (to is "int4" or "uint4" or "int2" or "uint2")
        {
            return new TypedCode($"ScalarMath.To{char.ToUpperInvariant(to[0])}{(to[0] == 'u' ? "Int" + to.Substring(4) : to.Substring(1))}({value.Code})", computed, true);
        }

        if (value.Type == computed)
        {
            return value;
        }

        if (value.Type == "bool")
        {
            return computed switch
            {
                "float32" => new TypedCode($"{value.Inner} ? 1f : 0f", computed, false),
                "float64" => new TypedCode($"{value.Inner} ? 1d : 0d", computed, false),
                _ => new TypedCode($"({type})({value.Inner} ? 1 : 0)", computed, true),
            };
        }

        return (computed, value.Type) switch
        {
            ("bool", _) => new TypedCode($"{value.Inner} != 0", computed, false),

            // Through the wider signed type, so that negative numbers wrap around as in C on x64 and not as each processor likes.
            ("uint32", "float32" or "float64") => new TypedCode($"(uint)(long){value.Inner}", computed, false),
            _ => new TypedCode($"({type}){value.Inner}", computed, false),
        };
    }
}
