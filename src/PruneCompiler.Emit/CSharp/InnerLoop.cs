using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>The innermost loop of an element-wise nest, as scalars or as vectors.</summary>
internal sealed class InnerLoop(NestEmitter nest, IReadOnlyList<Operand> operands, LoopAxis axis, Expression expression)
{
    private readonly CodeWriter code = nest.Code;
    private readonly ElementCode element = new(nest, operands, axis, expression);

    /// <summary>True when vectors compute the same.</summary>
    public bool HasVectorForm() => element.HasVectorForm(out string type) && type == operands[0].Type;

    /// <summary>True when vectors over operands of several widths compute the same.</summary>
    public bool HasMixedForm() => element.HasMixedForm();

    /// <summary>One element, no loop.</summary>
    public void EmitOne(bool copy) => Scalar(Rows(), "0", copy);

    /// <summary>A plain loop.</summary>
    public void EmitScalars(bool copy)
    {
        string[] rows = Rows();
        string variable = nest.Variable();
        using (code.Braces($"for ({NestEmitter.IndexType(axis)} {variable} = 0; {variable} < {NestEmitter.N(axis.Trips)}; {variable}++)"))
        {
            Scalar(rows, variable, copy);
        }
    }

    /// <summary>A loop over vectors and, unless <paramref name="widest"/> lanes divide the trips, one over the rest.</summary>
    /// <param name="widest">Lanes of the widest vector.</param>
    /// <param name="mixed">Whether operands have several widths.</param>
    public void EmitVectors(int widest, bool mixed = false)
    {
        string[] rows = Rows();
        string variable = nest.Variable(), lanes = $"Vector<{(mixed ? "int" : CSharpTypes.Of(operands[0].Type))}>", trips = NestEmitter.N(axis.Trips);
        bool rest = axis.Trips % widest != 0, wide = !mixed && axis.Trips >= widest && element.HasWideForm();
        if (rest || wide)
        {
            code.Line($"int {variable} = 0;");
        }

        if (wide)
        {
            EmitWide(rows, variable, trips);
        }

        Dictionary<string, TypedCode> broadcasts = element.Broadcasts(rows, mixed: mixed);
        string head = rest || wide
            ? $"for (; {variable} <= {trips} - {lanes}.Count; {variable} += {lanes}.Count)"
            : $"for (int {variable} = 0; {variable} < {trips}; {variable} += {lanes}.Count)";
        using (code.Braces(head))
        {
            code.Line(mixed ? element.MixedStore(rows, variable, broadcasts) : $"*({lanes}*)({rows[0]} + {variable}) = {element.Vector(rows, variable, broadcasts).Code};");
        }

        if (rest)
        {
            code.Line();
            using (code.Braces($"for (; {variable} < {trips}; {variable}++)"))
            {
                Scalar(rows, variable, copy: false);
            }
        }
    }

    // What is left over, or all without such vectors, goes to the loop behind it.
    private void EmitWide(string[] rows, string variable, string trips)
    {
        const string Lanes = "Vector512<float>";
        using (code.Braces("if (Vector512.IsHardwareAccelerated)"))
        {
            Dictionary<string, TypedCode> broadcasts = element.Broadcasts(rows, wide: true);
            using (code.Braces($"for (; {variable} <= {trips} - {Lanes}.Count; {variable} += {Lanes}.Count)"))
            {
                TypedCode result = element.Vector(rows, variable, broadcasts, wide: true);
                code.Line($"*({Lanes}*)({rows[0]} + {variable}) = {result.Code};");
            }
        }

        code.Line();
    }

    private string[] Rows() => operands.Select((_, i) => nest.Row(i)).ToArray();

    private void Scalar(string[] rows, string at, bool copy)
    {
        string value = copy ? NestEmitter.Element(rows[1], at, at == "0" ? 0 : axis.Strides[1]) : element.Stored(rows, at);
        code.Line($"{NestEmitter.Element(rows[0], at, at == "0" ? 0 : axis.Strides[0])} = {value};");
    }
}
