using System;

namespace PruneCompiler.Emit;

/// <summary>The C# of folding values of one computing type: add, mul, min or max.</summary>
internal sealed class FoldCode(string fold, string type)
{
    private readonly string cs = CSharpTypes.Of(type);
    private readonly bool wide = fold == "add" && type == "float32";

    /// <summary>Computing type.</summary>
    public string Type => type;

    /// <summary>True when the fold has a vector form.</summary>
    public bool HasVectorForm => ExpressionFunctions.Find(fold).VectorOf(type) is not null;

    /// <summary>What folds to nothing else.</summary>
    public string Start => fold switch
    {
        "add" => type == "bool" ? "false" : "0",
        "mul" => type == "bool" ? "true" : "1",
        "max" => type == "bool" ? "false" : ElementKinds.IsFloat(type) ? cs + ".NegativeInfinity" : cs + ".MinValue",
        "min" => type == "bool" ? "true" : ElementKinds.IsFloat(type) ? cs + ".PositiveInfinity" : cs + ".MaxValue",
        _ => throw new FormatException($"unknown fold '{fold}'"),
    };

    /// <summary><see cref="Start"/> in every lane.</summary>
    public string VectorStart => fold == "add" ? $"Vector<{cs}>.Zero" : fold == "mul" ? $"Vector<{cs}>.One" : $"new Vector<{cs}>({Start})";

    /// <summary>Type of a scalar that long folds go into.</summary>
    public string WideType => wide ? "double" : cs;

    /// <summary><see cref="Start"/> as <see cref="WideType"/>.</summary>
    public string WideStart => Start;

    /// <summary>Folds a scalar.</summary>
    public string Scalar(string folded, TypedCode value) => Apply(folded, value, vector: false);

    /// <summary>Folds a vector.</summary>
    public string Vector(string folded, TypedCode value) => Apply(folded, value, vector: true);

    /// <summary>Folds a scalar into <see cref="WideType"/>.</summary>
    public string Wide(string folded, TypedCode value) => wide ? $"{folded} + {value.Inner}" : Scalar(folded, value);

    /// <summary>A <see cref="WideType"/> as the computing type.</summary>
    public string Narrow(string folded) => wide ? $"(float){folded}" : folded;

    /// <summary>Folds the lanes of a vector.</summary>
    public string Join(string lanes) => fold switch
    {
        "add" => $"Vector.Sum({lanes})",
        "mul" => $"VectorElements.Product({lanes})",
        "max" => $"VectorElements.Largest({lanes})",
        _ => $"VectorElements.Smallest({lanes})",
    };

    private string Apply(string folded, TypedCode value, bool vector)
    {
        bool atom = folded.IndexOf(' ') < 0 || folded[folded.Length - 1] == ')' && folded.IndexOf("Vector", StringComparison.Ordinal) == 0;
        var names = new System.Collections.Generic.Dictionary<string, TypedCode>(StringComparer.Ordinal) { ["r"] = new(folded, type, atom), ["x"] = value };
        var apply = new ApplyExpression(fold, [new NameExpression("r"), new NameExpression("x")]);
        return new ExpressionText(names, vector).Of(apply)!.Value.Code;
    }
}
