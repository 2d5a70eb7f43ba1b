using System.Globalization;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Reference value of an expression over floats and truth values (1 and 0), in double.</summary>
internal static class ExpressionEvaluator
{
    public static double Evaluate(Expression expression, Dictionary<string, double> names)
    {
        switch (expression)
        {
            case NameExpression name:
                return names[name.Name];
            case LiteralExpression literal:
                return literal.Text switch
                {
                    "true" => 1,
                    "false" => 0,
                    "nan" => double.NaN,
                    "inf" => double.PositiveInfinity,
                    "-inf" => double.NegativeInfinity,
                    _ => double.Parse(literal.Text, CultureInfo.InvariantCulture),
                };
            case CastExpression cast:
                var cell = new Tensor(Enum.Parse<ElementType>(cast.Type, ignoreCase: true), Shape.Scalar);
                Numbers.WriteFloat(cell, 0, Evaluate(cast.Argument, names), cast.Saturate);
                return Numbers.ReadFloat(cell, 0);
            case LetExpression let:
                var inner = new Dictionary<string, double>(names) { [let.Name] = Evaluate(let.Value, names) };
                return Evaluate(let.Body, inner);
            case ApplyExpression apply:
                return Apply(apply.Function, [.. apply.Arguments.Select(a => Evaluate(a, names))]);
            default:
                throw new NotSupportedException(expression.GetType().Name);
        }
    }

    private static double Apply(string function, double[] x) => function switch
    {
        "add" => x[0] + x[1],
        "sub" => x[0] - x[1],
        "mul" => x[0] * x[1],
        "div" => x[0] / x[1],
        "neg" => -x[0],
        "abs" => Math.Abs(x[0]),
        "sign" => double.IsNaN(x[0]) ? 0 : Math.Sign(x[0]),
        "min" or "atmost" => Math.Min(x[0], x[1]),
        "max" or "atleast" => Math.Max(x[0], x[1]),
        "mod" => ScalarMath.Modulo(x[0], x[1]),
        "fmod" => x[0] % x[1],
        "pow" => Math.Pow(x[0], x[1]),
        "sqrt" => Math.Sqrt(x[0]),
        "exp" => Math.Exp(x[0]),
        "log" => Math.Log(x[0]),
        "tanh" => Math.Tanh(x[0]),
        "sigmoid" => ScalarMath.Sigmoid(x[0]),
        "erf" => ScalarMath.Erf(x[0]),
        "log1p" => ScalarMath.Log1P(x[0]),
        "expm1" => ScalarMath.ExpM1(x[0]),
        "floor" => Math.Floor(x[0]),
        "ceil" => Math.Ceiling(x[0]),
        "round" => Math.Round(x[0], MidpointRounding.ToEven),
        "sin" => Math.Sin(x[0]),
        "cos" => Math.Cos(x[0]),
        "tan" => Math.Tan(x[0]),
        "asin" => Math.Asin(x[0]),
        "acos" => Math.Acos(x[0]),
        "atan" => Math.Atan(x[0]),
        "sinh" => Math.Sinh(x[0]),
        "cosh" => Math.Cosh(x[0]),
        "asinh" => Math.Asinh(x[0]),
        "acosh" => Math.Acosh(x[0]),
        "atanh" => Math.Atanh(x[0]),
        "less" => x[0] < x[1] ? 1 : 0,
        "lessequal" => x[0] <= x[1] ? 1 : 0,
        "greater" => x[0] > x[1] ? 1 : 0,
        "greaterequal" => x[0] >= x[1] ? 1 : 0,
        "equal" => x[0] == x[1] ? 1 : 0,
        "isnan" => double.IsNaN(x[0]) ? 1 : 0,
        "and" => x[0] != 0 && x[1] != 0 ? 1 : 0,
        "or" => x[0] != 0 || x[1] != 0 ? 1 : 0,
        "xor" => x[0] != 0 != (x[1] != 0) ? 1 : 0,
        "not" => x[0] != 0 ? 0 : 1,
        "select" => x[0] != 0 ? x[1] : x[2],
        _ => throw new NotSupportedException($"{function} is not fused"),
    };
}
