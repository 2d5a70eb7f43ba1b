using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>The innermost loop of an element-wise nest, as scalars or as vectors.</summary>
internal sealed class InnerLoop(NestEmitter nest, IReadOnlyList<Operand> operands, LoopAxis axis, Expression expression)
{
    private readonly CodeWriter code = nest.Code;

    /// <summary>True when all operands have lanes of one size, move by one element or stand still, and every function has a vector form.</summary>
    public bool HasVectorForm()
    {
        int size = CSharpTypes.Size(operands[0].Type);
        for (int i = 0; i < operands.Count; i++)
        {
            string type = operands[i].Type;
            if (!ElementKinds.IsDirect(type) || type == "bool" || CSharpTypes.Size(type) != size || axis.Strides[i] is not (0 or 1))
            {
                return false;
            }
        }

        Dictionary<string, TypedCode> names = operands.Skip(1).ToDictionary(o => o.Name, o => new TypedCode("x", o.Type, true));
        return Vectorise(expression, names) is { } result && result.Type == operands[0].Type;
    }

    /// <summary>One element, no loop.</summary>
    public void EmitOne(bool copy)
    {
        string[] rows = operands.Select((_, i) => nest.Row(i)).ToArray();
        Scalar(rows, "0", copy, rows);
    }

    /// <summary>A plain loop.</summary>
    public void EmitScalars(bool copy)
    {
        string[] rows = operands.Select((_, i) => nest.Row(i)).ToArray();
        string variable = nest.Variable();
        using (code.Braces($"for ({NestEmitter.IndexType(axis)} {variable} = 0; {variable} < {NestEmitter.N(axis.Trips)}; {variable}++)"))
        {
            Scalar(rows, variable, copy, rows);
        }
    }

    /// <summary>A loop over vectors and, unless <paramref name="widest"/> lanes divide the trips, one over the rest.</summary>
    public void EmitVectors(int widest)
    {
        string[] rows = operands.Select((_, i) => nest.Row(i)).ToArray();
        string variable = nest.Variable(), lanes = $"Vector<{CSharpTypes.Of(operands[0].Type)}>";
        var fixedNames = new Dictionary<string, TypedCode>(StringComparer.Ordinal);
        for (int i = 1; i < operands.Count; i++)
        {
            if (axis.Strides[i] == 0)
            {
                string type = CSharpTypes.Of(operands[i].Type), name = nest.Names.Take(operands[i].Name + "All");
                code.Line($"var {name} = new Vector<{type}>({rows[i]}[0]);");
                fixedNames[operands[i].Name] = new TypedCode(name, operands[i].Type, true);
            }
        }

        bool rest = axis.Trips % widest != 0;
        string trips = NestEmitter.N(axis.Trips);
        if (rest)
        {
            code.Line($"int {variable} = 0;");
        }

        string head = rest
            ? $"for (; {variable} <= {trips} - {lanes}.Count; {variable} += {lanes}.Count)"
            : $"for (int {variable} = 0; {variable} < {trips}; {variable} += {lanes}.Count)";
        using (code.Braces(head))
        {
            var names = new Dictionary<string, TypedCode>(fixedNames, StringComparer.Ordinal);
            var locals = new List<string>();
            for (int i = 1; i < operands.Count; i++)
            {
                if (axis.Strides[i] == 0)
                {
                    continue;
                }

                string load = $"*(Vector<{CSharpTypes.Of(operands[i].Type)}>*)({rows[i]} + {variable})";
                names[operands[i].Name] = Once(operands[i].Name, new TypedCode(load, operands[i].Type, true), locals);
            }

            TypedCode result = Body(expression, names, vector: true, locals);
            Print(locals);
            code.Line($"*({lanes}*)({rows[0]} + {variable}) = {result.Code};");
        }

        if (rest)
        {
            code.Line();
            using (code.Braces($"for (; {variable} < {trips}; {variable}++)"))
            {
                Scalar(rows, variable, copy: false, rows);
            }
        }
    }

    private void Scalar(string[] rows, string variable, bool copy, string[] addresses)
    {
        string target = NestEmitter.Element(rows[0], variable, variable == "0" ? 0 : axis.Strides[0]);
        if (copy)
        {
            code.Line($"{target} = {NestEmitter.Element(addresses[1], variable, variable == "0" ? 0 : axis.Strides[1])};");
            return;
        }

        var names = new Dictionary<string, TypedCode>(StringComparer.Ordinal);
        var locals = new List<string>();
        for (int i = 1; i < operands.Count; i++)
        {
            string element = NestEmitter.Element(rows[i], variable, variable == "0" ? 0 : axis.Strides[i]);
            names[operands[i].Name] = Once(operands[i].Name, ExpressionText.Load(element, operands[i].Type), locals);
        }

        // The conversion to the stored type happens once, at the store.
        (Expression value, bool saturate) = Stored(expression, operands[0].Type);
        TypedCode result = Body(value, names, vector: false, locals);
        Print(locals);
        code.Line($"{target} = {ExpressionText.Store(result, operands[0].Type, saturate)};");
    }

    private static (Expression Value, bool Saturate) Stored(Expression value, string type) => value switch
    {
        CastExpression cast when cast.Type == type => (cast.Argument, cast.Saturate),
        LetExpression let => Stored(let.Body, type) is var (body, saturate) ? (let with { Body = body }, saturate) : default,
        _ => (value, true),
    };

    // A name that is read several times becomes a local; the declarations are collected.
    private TypedCode Once(string name, TypedCode load, List<string> locals)
    {
        if (expression.Count(name) < 2)
        {
            return load;
        }

        string local = nest.Names.Take(name + "Value");
        locals.Add($"var {local} = {load.Code};");
        return new TypedCode(local, load.Type, true);
    }

    private TypedCode Body(Expression value, Dictionary<string, TypedCode> names, bool vector, List<string> locals)
    {
        while (value is LetExpression let)
        {
            TypedCode code = new ExpressionText(names, vector).Of(let.Value)!.Value;
            string local = nest.Names.Take(let.Name);
            locals.Add($"var {local} = {code.Code};");
            names[let.Name] = new TypedCode(local, code.Type, true);
            value = let.Body;
        }

        return new ExpressionText(names, vector).Of(value)!.Value;
    }

    private static TypedCode? Vectorise(Expression value, Dictionary<string, TypedCode> names)
    {
        while (value is LetExpression let)
        {
            if (new ExpressionText(names, vector: true).Of(let.Value) is not { } code)
            {
                return null;
            }

            names[let.Name] = new TypedCode(let.Name, code.Type, true);
            value = let.Body;
        }

        return new ExpressionText(names, vector: true).Of(value);
    }

    private void Print(List<string> locals)
    {
        foreach (string line in locals)
        {
            code.Line(line);
        }
    }
}
