using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>
/// The value of one element: an S-expression over the names of a loop nest's operands, such as <c>(max (add a b) 0f)</c>.
/// Stored 16-bit and smaller floats are computed as float32; integers wrap around.
/// </summary>
public abstract record Expression
{
    /// <summary>The names that are read, each once, in the order of their first use.</summary>
    public IReadOnlyList<string> Names()
    {
        var names = new List<string>();
        Collect(names);
        return names;
    }

    /// <summary>How often a name is read.</summary>
    public abstract int Count(string name);

    /// <summary>Puts expressions in the place of names.</summary>
    public abstract Expression Substitute(IReadOnlyDictionary<string, Expression> values);

    /// <summary>Number of functions and casts: how long the generated text gets.</summary>
    public abstract int Size { get; }

    /// <summary>The text that <see cref="ExpressionParser"/> reads.</summary>
    public abstract override string ToString();

    internal abstract void Collect(List<string> names);
}

/// <summary>An operand, the folded value "r" of a reduction, or the name of a <see cref="LetExpression"/>.</summary>
/// <param name="Name">The name.</param>
public sealed record NameExpression(string Name) : Expression
{
    /// <inheritdoc/>
    public override int Size => 0;

    /// <inheritdoc/>
    public override int Count(string name) => name == Name ? 1 : 0;

    /// <inheritdoc/>
    public override Expression Substitute(IReadOnlyDictionary<string, Expression> values) => values.TryGetValue(Name, out Expression? value) ? value : this;

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal override void Collect(List<string> names)
    {
        if (!names.Contains(Name))
        {
            names.Add(Name);
        }
    }
}

/// <summary>A number with its type: 0.5f, 2d, 7:int64, true, nanf, inff, -inff.</summary>
/// <param name="Text">Digits in invariant culture, "nan", "inf", "-inf", "true" or "false".</param>
/// <param name="Type">float32, float64, bool or an integer type.</param>
public sealed record LiteralExpression(string Text, string Type) : Expression
{
    /// <inheritdoc/>
    public override int Size => 0;

    /// <inheritdoc/>
    public override int Count(string name) => 0;

    /// <inheritdoc/>
    public override Expression Substitute(IReadOnlyDictionary<string, Expression> values) => this;

    /// <inheritdoc/>
    public override string ToString() => Type switch { "bool" => Text, "float32" => Text + "f", "float64" => Text + "d", _ => $"{Text}:{Type}" };

    internal override void Collect(List<string> names)
    {
    }
}

/// <summary>A function of <see cref="ExpressionFunctions"/> applied to arguments.</summary>
/// <param name="Function">Its name.</param>
/// <param name="Arguments">As many as the function takes.</param>
public sealed record ApplyExpression(string Function, IReadOnlyList<Expression> Arguments) : Expression
{
    /// <inheritdoc/>
    public override int Size => 1 + Arguments.Sum(a => a.Size);

    /// <inheritdoc/>
    public override int Count(string name) => Arguments.Sum(a => a.Count(name));

    /// <inheritdoc/>
    public override Expression Substitute(IReadOnlyDictionary<string, Expression> values) =>
        new ApplyExpression(Function, Arguments.Select(a => a.Substitute(values)).ToList());

    /// <inheritdoc/>
    public override string ToString() => $"({Function} {string.Join(" ", Arguments)})";

    internal override void Collect(List<string> names)
    {
        foreach (Expression argument in Arguments)
        {
            argument.Collect(names);
        }
    }
}

/// <summary>A conversion: <c>(cast int8 a)</c>; <c>(cast! float8e4m3fn a)</c> does not saturate.</summary>
/// <param name="Type">Any element type.</param>
/// <param name="Saturate">Whether what is too large for an 8-bit float becomes its largest finite value.</param>
/// <param name="Argument">What is converted.</param>
public sealed record CastExpression(string Type, bool Saturate, Expression Argument) : Expression
{
    /// <inheritdoc/>
    public override int Size => 1 + Argument.Size;

    /// <inheritdoc/>
    public override int Count(string name) => Argument.Count(name);

    /// <inheritdoc/>
    public override Expression Substitute(IReadOnlyDictionary<string, Expression> values) => this with { Argument = Argument.Substitute(values) };

    /// <inheritdoc/>
    public override string ToString() => $"({(Saturate ? "cast" : "cast!")} {Type} {Argument})";

    internal override void Collect(List<string> names) => Argument.Collect(names);
}

/// <summary>A value with a name that is used more than once: <c>(let t (exp a) (div t (add t 1f)))</c>. Stands outermost or as the body of another.</summary>
/// <param name="Name">The name, unlike any operand's.</param>
/// <param name="Value">What it stands for.</param>
/// <param name="Body">Where it is used.</param>
public sealed record LetExpression(string Name, Expression Value, Expression Body) : Expression
{
    /// <inheritdoc/>
    public override int Size => Value.Size + Body.Size;

    /// <inheritdoc/>
    public override int Count(string name) => Value.Count(name) + (name == Name ? 0 : Body.Count(name));

    /// <inheritdoc/>
    public override Expression Substitute(IReadOnlyDictionary<string, Expression> values) =>
        new LetExpression(Name, Value.Substitute(values), Body.Substitute(values.Where(v => v.Key != Name).ToDictionary(v => v.Key, v => v.Value)));

    /// <inheritdoc/>
    public override string ToString() => $"(let {Name} {Value} {Body})";

    internal override void Collect(List<string> names)
    {
        Value.Collect(names);
        var inner = new List<string>();
        Body.Collect(inner);
        foreach (string name in inner.Where(n => n != Name && !names.Contains(n)))
        {
            names.Add(name);
        }
    }
}
