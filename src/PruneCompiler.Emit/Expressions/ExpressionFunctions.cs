using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>What type a function gives.</summary>
internal enum ResultType
{
    /// <summary>That of its last argument; all arguments but a condition in front have it.</summary>
    Same,

    /// <summary>A truth value.</summary>
    Bool,
}

/// <summary>One function of the expression language.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arity">Number of arguments.</param>
/// <param name="Result">Type rule.</param>
/// <param name="Float">C# for float32 and float64 scalars: {0}, {1} are the arguments, {M} is MathF or Math, {T} the C# type. Null where there is none.</param>
/// <param name="Integer">C# for integers.</param>
/// <param name="Vector">C# for vectors of float32.</param>
/// <param name="VectorDouble">C# for vectors of float64, null for the scalar form.</param>
/// <param name="VectorInteger">C# for vectors of integers, null for the scalar form.</param>
/// <param name="Bool">C# for truth values.</param>
/// <param name="Files">Runtime files that the texts call.</param>
internal sealed record ExpressionFunction(
    string Name,
    int Arity,
    ResultType Result,
    string? Float,
    string? Integer = null,
    string? Vector = null,
    string? VectorDouble = null,
    string? VectorInteger = null,
    string? Bool = null,
    string Files = "")
{
    /// <summary>C# for scalars of <paramref name="type"/>.</summary>
    public string Scalar(string type) =>
        (type == "bool" ? Bool : ElementKinds.IsFloat(type) ? Float : Integer) ?? throw new NotSupportedException($"{Name} has no meaning for {type}");

    /// <summary>C# for vectors of <paramref name="type"/>, or null.</summary>
    public string? VectorOf(string type) => type switch { "float32" => Vector, "float64" => VectorDouble, "bool" => null, _ => VectorInteger };
}

/// <summary>All functions of the expression language, a row each.</summary>
internal static class ExpressionFunctions
{
    private const string Elements = "VectorElements";
    private const string Scalars = "ScalarMath";
    private const string Math = "VectorMath";

    private static readonly ExpressionFunction[] All =
    [
        new("add", 2, ResultType.Same, "{0} + {1}", "{0} + {1}", "{0} + {1}", "{0} + {1}", "{0} + {1}"),
        new("sub", 2, ResultType.Same, "{0} - {1}", "{0} - {1}", "{0} - {1}", "{0} - {1}", "{0} - {1}"),
        new("mul", 2, ResultType.Same, "{0} * {1}", "{0} * {1}", "{0} * {1}", "{0} * {1}", "{0} * {1}"),
        new("div", 2, ResultType.Same, "{0} / {1}", "ScalarMath.Divide({0}, {1})", "{0} / {1}", "{0} / {1}", Files: Scalars),
        new("neg", 1, ResultType.Same, "-{0}", "-{0}", "-{0}", "-{0}", "-{0}"),
        new("abs", 1, ResultType.Same, "{M}.Abs({0})", "ScalarMath.Abs({0})", "Vector.Abs({0})", "Vector.Abs({0})", Files: Scalars),
        new("sign", 1, ResultType.Same, "ScalarMath.Sign({0})", "ScalarMath.Sign({0})", "VectorElements.Sign({0})", Files: Scalars + " " + Elements),
        new("min", 2, ResultType.Same, "{M}.Min({0}, {1})", "Math.Min({0}, {1})", "VectorElements.Min({0}, {1})", null, "Vector.Min({0}, {1})", "{0} && {1}", Elements),
        new("max", 2, ResultType.Same, "{M}.Max({0}, {1})", "Math.Max({0}, {1})", "VectorElements.Max({0}, {1})", null, "Vector.Max({0}, {1})", "{0} || {1}", Elements),

        // The second argument is known not to be NaN: a hardware instruction does.
        new("atleast", 2, ResultType.Same, "{M}.Max({0}, {1})", "Math.Max({0}, {1})", "VectorElements.AtLeast({0}, {1})", null, "Vector.Max({0}, {1})", Files: Elements),
        new("atmost", 2, ResultType.Same, "{M}.Min({0}, {1})", "Math.Min({0}, {1})", "VectorElements.AtMost({0}, {1})", null, "Vector.Min({0}, {1})", Files: Elements),
        new("mod", 2, ResultType.Same, "ScalarMath.Modulo({0}, {1})", "ScalarMath.Modulo({0}, {1})", Files: Scalars),
        new("fmod", 2, ResultType.Same, "{0} % {1}", "ScalarMath.Remainder({0}, {1})", Files: Scalars),
        new("pow", 2, ResultType.Same, "{M}.Pow({0}, {1})", "ScalarMath.Power({0}, {1})", Files: Scalars),
        new("sqrt", 1, ResultType.Same, "{M}.Sqrt({0})", null, "Vector.SquareRoot({0})", "Vector.SquareRoot({0})"),
        new("exp", 1, ResultType.Same, "{X}.Exp({0})", null, "VectorMath.Exp({0})", Files: Math),
        new("log", 1, ResultType.Same, "{X}.Log({0})", null, "VectorMath.Log({0})", Files: Math),
        new("tanh", 1, ResultType.Same, "{X}.Tanh({0})", null, "VectorMath.Tanh({0})", Files: Math),
        new("sigmoid", 1, ResultType.Same, "{X}.Sigmoid({0})", null, "VectorMath.Sigmoid({0})", Files: Math + " " + Scalars),
        new("erf", 1, ResultType.Same, "{X}.Erf({0})", null, "VectorMath.Erf({0})", Files: Math + " " + Scalars),
        new("log1p", 1, ResultType.Same, "ScalarMath.Log1P({0})", null, "VectorElements.Log1P({0})", Files: Scalars + " " + Elements),
        new("expm1", 1, ResultType.Same, "ScalarMath.ExpM1({0})", null, "VectorElements.ExpM1({0})", Files: Scalars + " " + Elements),
        new("floor", 1, ResultType.Same, "{M}.Floor({0})", "{0}", "Vector.Floor({0})", "Vector.Floor({0})"),
        new("ceil", 1, ResultType.Same, "{M}.Ceiling({0})", "{0}", "Vector.Ceiling({0})", "Vector.Ceiling({0})"),
        new("round", 1, ResultType.Same, "{M}.Round({0})", "{0}", "VectorElements.RoundToEven({0})", Files: Elements),
        new("powerdown", 1, ResultType.Same, "ScalarMath.PowerOfTwo({0}, nearest: false)", Files: Scalars),
        new("powernearest", 1, ResultType.Same, "ScalarMath.PowerOfTwo({0}, nearest: true)", Files: Scalars),
        new("sin", 1, ResultType.Same, "{M}.Sin({0})"),
        new("cos", 1, ResultType.Same, "{M}.Cos({0})"),
        new("tan", 1, ResultType.Same, "{M}.Tan({0})"),
        new("asin", 1, ResultType.Same, "{M}.Asin({0})"),
        new("acos", 1, ResultType.Same, "{M}.Acos({0})"),
        new("atan", 1, ResultType.Same, "{M}.Atan({0})"),
        new("sinh", 1, ResultType.Same, "{M}.Sinh({0})"),
        new("cosh", 1, ResultType.Same, "{M}.Cosh({0})"),
        new("asinh", 1, ResultType.Same, "{M}.Asinh({0})"),
        new("acosh", 1, ResultType.Same, "{M}.Acosh({0})"),
        new("atanh", 1, ResultType.Same, "{M}.Atanh({0})"),
        new("bitand", 2, ResultType.Same, null, "{0} & {1}", VectorInteger: "{0} & {1}"),
        new("bitor", 2, ResultType.Same, null, "{0} | {1}", VectorInteger: "{0} | {1}"),
        new("bitxor", 2, ResultType.Same, null, "{0} ^ {1}", VectorInteger: "{0} ^ {1}"),
        new("bitnot", 1, ResultType.Same, null, "~{0}", VectorInteger: "~{0}"),
        new("shiftleft", 2, ResultType.Same, null, "ScalarMath.ShiftLeft({0}, {1})", Files: Scalars),
        new("shiftright", 2, ResultType.Same, null, "ScalarMath.ShiftRight({0}, {1})", Files: Scalars),
        new("less", 2, ResultType.Bool, "{0} < {1}", "{0} < {1}", "Vector.LessThan({0}, {1})", "Vector.LessThan({0}, {1})", "Vector.LessThan({0}, {1})"),
        new("lessequal", 2, ResultType.Bool, "{0} <= {1}", "{0} <= {1}", "Vector.LessThanOrEqual({0}, {1})", "Vector.LessThanOrEqual({0}, {1})", "Vector.LessThanOrEqual({0}, {1})"),
        new("greater", 2, ResultType.Bool, "{0} > {1}", "{0} > {1}", "Vector.GreaterThan({0}, {1})", "Vector.GreaterThan({0}, {1})", "Vector.GreaterThan({0}, {1})"),
        new("greaterequal", 2, ResultType.Bool, "{0} >= {1}", "{0} >= {1}", "Vector.GreaterThanOrEqual({0}, {1})", "Vector.GreaterThanOrEqual({0}, {1})", "Vector.GreaterThanOrEqual({0}, {1})"),
        new("equal", 2, ResultType.Bool, "{0} == {1}", "{0} == {1}", "Vector.Equals({0}, {1})", "Vector.Equals({0}, {1})", "Vector.Equals({0}, {1})", "{0} == {1}"),
        new("isnan", 1, ResultType.Bool, "{T}.IsNaN({0})", null, "VectorElements.IsNaN({0})", Files: Elements),
        new("and", 2, ResultType.Bool, null, Bool: "{0} && {1}"),
        new("or", 2, ResultType.Bool, null, Bool: "{0} || {1}"),
        new("xor", 2, ResultType.Bool, null, Bool: "{0} ^ {1}"),
        new("not", 1, ResultType.Bool, null, Bool: "!{0}"),
        new("select", 3, ResultType.Same, "{0} ? {1} : {2}", "{0} ? {1} : {2}", "Vector.ConditionalSelect({0}, {1}, {2})", "Vector.ConditionalSelect({0}, {1}, {2})", "Vector.ConditionalSelect({0}, {1}, {2})", "{0} ? {1} : {2}"),
    ];

    private static readonly Dictionary<string, ExpressionFunction> ByName = All.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The function of that name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static ExpressionFunction Find(string name) => ByName.TryGetValue(name, out ExpressionFunction? function) ? function : throw new FormatException($"there is no function '{name}'");
}
