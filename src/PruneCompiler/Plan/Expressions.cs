using System.Globalization;
using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>Short ways to write parts of expressions.</summary>
public static class Expressions
{
    /// <summary>A float32 number.</summary>
    public static LiteralExpression Literal(float value) => new(Text(value, value.ToString("R", CultureInfo.InvariantCulture)), "float32");

    /// <summary>A float64 number.</summary>
    public static LiteralExpression Literal(double value) => new(Text(value, value.ToString("R", CultureInfo.InvariantCulture)), "float64");

    /// <summary>A truth value.</summary>
    public static LiteralExpression Literal(bool value) => new(value ? "true" : "false", "bool");

    /// <summary>A whole or broken number in a computing type.</summary>
    public static LiteralExpression Literal(double value, string type) => type switch
    {
        "float32" => Literal((float)value),
        "float64" => Literal(value),
        _ => new LiteralExpression(((long)value).ToString(CultureInfo.InvariantCulture), type),
    };

    private static string Text(double value, string digits) =>
        double.IsNaN(value) ? "nan" : double.IsPositiveInfinity(value) ? "inf" : double.IsNegativeInfinity(value) ? "-inf" : digits;
}
