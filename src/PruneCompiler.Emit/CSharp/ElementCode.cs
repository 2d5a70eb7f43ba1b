using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>The C# of an expression at one index of an innermost loop, with the local variables that it wants in front.</summary>
/// <param name="nest">Names and output.</param>
/// <param name="operands">The operands; the result first.</param>
/// <param name="axis">The innermost loop.</param>
/// <param name="expression">What is computed.</param>
internal sealed class ElementCode(NestEmitter nest, IReadOnlyList<Operand> operands, LoopAxis axis, Expression expression)
{
    /// <summary>True when all inputs have lanes of one size, move by one element or stand still, and every function has a vector form.</summary>
    /// <param name="result">Type that the vector form gives.</param>
    public bool HasVectorForm(out string result)
    {
        result = VectorForm.ResultType(expression, operands.Skip(1).ToDictionary(o => o.Name, o => o.Type)) ?? "";
        return result.Length > 0 && axis.Strides.Skip(1).All(s => s is 0 or 1);
    }

    /// <summary>True when vectors over operands of several widths compute the same.</summary>
    public bool HasMixedForm() => axis.Strides.Skip(1).All(s => s is 0 or 1) && MixedForm.Applies(expression, operands.Skip(1).ToDictionary(o => o.Name, o => o.Type), operands[0].Type);

    /// <summary>
    /// True when vectors of 512 bits pay and compute the same: a function of many multiply-adds, of which processors that have such vectors do as many a cycle as of shorter
    /// ones. What only moves through memory gains nothing.
    /// </summary>
    public bool HasWideForm()
    {
        if (!Costly(expression) || operands.Any(o => o.Type != "float32"))
        {
            return false;
        }

        Dictionary<string, TypedCode> names = operands.Skip(1).ToDictionary(o => o.Name, o => new TypedCode("x", o.Type, true), StringComparer.Ordinal);
        return Finish(expression, names, vector: true, null, wide: true) is { Type: "float32" };
    }

    /// <summary>Prints vectors of the operands that stand still in the innermost loop; call in front of it.</summary>
    public Dictionary<string, TypedCode> Broadcasts(string[] rows, bool wide = false, bool mixed = false)
    {
        var names = new Dictionary<string, TypedCode>(StringComparer.Ordinal);
        for (int i = 1; i < operands.Count; i++)
        {
            if (axis.Strides[i] == 0)
            {
                string type = CSharpTypes.Of(operands[i].Type), name = nest.Names.Take(operands[i].Name + "All");
                TypedCode all = mixed ? MixedForm.Broadcast($"{rows[i]}[0]", operands[i].Type) : new TypedCode(wide ? $"Vector512.Create({rows[i]}[0])" : $"new Vector<{type}>({rows[i]}[0])", operands[i].Type, true);
                nest.Code.Line($"var {name} = {all.Code};");
                names[operands[i].Name] = all with { Code = name };
            }
        }

        return names;
    }

    /// <summary>A vector of values at index <paramref name="at"/>.</summary>
    public TypedCode Vector(string[] rows, string at, Dictionary<string, TypedCode> broadcasts, bool wide = false)
    {
        var names = new Dictionary<string, TypedCode>(broadcasts, StringComparer.Ordinal);
        for (int i = 1; i < operands.Count; i++)
        {
            if (axis.Strides[i] != 0)
            {
                string load = $"*({(wide ? "Vector512" : "Vector")}<{CSharpTypes.Of(operands[i].Type)}>*)({rows[i]} + {at})";
                names[operands[i].Name] = Once(operands[i].Name, new TypedCode(load, operands[i].Type, true));
            }
        }

        return Finish(expression, names, vector: true, nest, wide)!.Value;
    }

    /// <summary>The statement that computes and stores a vector at index <paramref name="at"/> over operands of several widths.</summary>
    public string MixedStore(string[] rows, string at, Dictionary<string, TypedCode> broadcasts)
    {
        var names = new Dictionary<string, TypedCode>(broadcasts, StringComparer.Ordinal);
        for (int i = 1; i < operands.Count; i++)
        {
            if (axis.Strides[i] != 0)
            {
                names[operands[i].Name] = Once(operands[i].Name, MixedForm.Load($"{rows[i]} + {at}", operands[i].Type));
            }
        }

        (Expression value, _) = WithoutLastCast(expression, operands[0].Type);
        return MixedForm.Store($"{rows[0]} + {at}", Finish(value, names, vector: true, nest, mixed: true)!.Value, operands[0].Type);
    }

    /// <summary>One value at index <paramref name="at"/>, in computing form.</summary>
    public TypedCode Scalar(string[] rows, string at) => Scalar(expression, rows, at);

    /// <summary>One value at index <paramref name="at"/> as the result's element type; the conversion happens once, at the store.</summary>
    public string Stored(string[] rows, string at)
    {
        (Expression value, bool saturate) = WithoutLastCast(expression, operands[0].Type);
        return ExpressionText.Store(Scalar(value, rows, at), operands[0].Type, saturate);
    }

    /// <summary>C# of an expression over given names; lets become locals.</summary>
    public static TypedCode? Finish(Expression value, Dictionary<string, TypedCode> names, bool vector, NestEmitter? print, bool wide = false, bool mixed = false)
    {
        while (value is LetExpression let)
        {
            if (new ExpressionText(names, vector, wide, mixed).Of(let.Value) is not { } code)
            {
                return null;
            }

            string local = print?.Names.Take(let.Name) ?? let.Name;
            print?.Code.Line($"var {local} = {code.Code};");
            names[let.Name] = new TypedCode(local, code.Type, true);
            value = let.Body;
        }

        return new ExpressionText(names, vector, wide, mixed).Of(value);
    }

    /// <summary>An expression whose last step is the conversion that the store does anyway.</summary>
    public static (Expression Value, bool Saturate) WithoutLastCast(Expression value, string type) => value switch
    {
        CastExpression cast when cast.Type == type => (cast.Argument, cast.Saturate),
        LetExpression let when WithoutLastCast(let.Body, type) is var (body, saturate) => (let with { Body = body }, saturate),
        _ => (value, true),
    };

    private static bool Costly(Expression value) => value switch
    {
        ApplyExpression apply => apply.Function is "exp" or "log" or "tanh" or "sigmoid" or "erf" || apply.Arguments.Any(Costly),
        LetExpression let => Costly(let.Value) || Costly(let.Body),
        CastExpression cast => Costly(cast.Argument),
        _ => false,
    };

    private TypedCode Scalar(Expression value, string[] rows, string at)
    {
        var names = new Dictionary<string, TypedCode>(StringComparer.Ordinal);
        for (int i = 1; i < operands.Count; i++)
        {
            string element = NestEmitter.Element(rows[i], at, at == "0" ? 0 : axis.Strides[i]);
            names[operands[i].Name] = Once(operands[i].Name, ExpressionText.Load(element, operands[i].Type));
        }

        return Finish(value, names, vector: false, nest)!.Value;
    }

    // A name that is read several times becomes a local.
    private TypedCode Once(string name, TypedCode load)
    {
        if (expression.Count(name) < 2)
        {
            return load;
        }

        string local = nest.Names.Take(name + "Value");
        nest.Code.Line($"var {local} = {load.Code};");
        return new TypedCode(local, load.Type, true);
    }
}
