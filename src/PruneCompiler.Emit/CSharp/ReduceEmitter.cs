using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>
/// Prints a reduction. Vectors run along the reduced axis when it is contiguous (four partial results, joined at the end), else along the
/// innermost kept axis (a result per lane); what has no vector form is folded one by one, float sums in double.
/// </summary>
internal sealed class ReduceEmitter
{
    private const int FewestForVectors = 8;
    private readonly ReduceBody reduce;
    private readonly CodeWriter code;
    private readonly NestEmitter nest;
    private readonly List<Operand> operands;
    private readonly Expression expression;
    private readonly FoldCode fold;

    private ReduceEmitter(CodeWriter code, ReduceBody reduce)
    {
        this.reduce = reduce;
        this.code = code;
        expression = ExpressionParser.Parse(reduce.Value);
        IReadOnlyList<string> names = expression.Names();
        operands = [reduce.Out, .. reduce.Inputs.Where(o => names.Contains(o.Name, StringComparer.Ordinal))];
        nest = new NestEmitter(code, operands);
        Dictionary<string, TypedCode> types = operands.Skip(1).ToDictionary(o => o.Name, o => ExpressionText.Load("x", o.Type));
        fold = new FoldCode(reduce.Fold, ElementCode.Finish(expression, types, vector: false, null)!.Value.Type);
    }

    public static void Emit(CodeWriter code, ReduceBody reduce)
    {
        if (reduce.Shape.Any(d => d == 0))
        {
            code.Line("// The result has no elements.");
            return;
        }

        new ReduceEmitter(code, reduce).Emit();
    }

    private void Emit()
    {
        int leader = operands.Count > 1 ? 1 : 0;
        List<LoopAxis> kept = LoopAxis.Collapse(LoopAxis.Sort(LoopAxis.Of(reduce.Shape, operands), leader));
        List<LoopAxis> reduced = LoopAxis.Collapse(LoopAxis.Sort(LoopAxis.Of(reduce.Reduced, operands, reduce.Shape.Count), leader));
        bool empty = reduce.Reduced.Any(d => d == 0);
        LoopAxis inner = reduced.Count > 0 ? reduced[reduced.Count - 1] : new LoopAxis(1, new long[operands.Count]);
        var along = new ElementCode(nest, operands, inner, expression);
        if (!empty && inner.Trips >= FewestForVectors && operands.Skip(1).Select((_, i) => inner.Strides[i + 1]).Any(s => s == 1) && Vectors(along))
        {
            EnterAll(kept);
            AlongReduced(along, reduced, inner);
        }
        else if (!empty && kept.Count > 0 && kept[kept.Count - 1] is { } across && across.Trips >= FewestForVectors && across.Strides[0] == 1 && Vectors(new ElementCode(nest, operands, across, expression)) && VectorFinish())
        {
            EnterAll(kept.Take(kept.Count - 1));
            AlongKept(new ElementCode(nest, operands, across, expression), reduced, across);
        }
        else
        {
            EnterAll(kept);
            OneByOne(along, reduced, inner, empty);
        }

        nest.Close();
    }

    private bool Vectors(ElementCode element) => element.HasVectorForm(out string type) && type == fold.Type && fold.HasVectorForm;

    private bool VectorFinish() =>
        ElementKinds.IsDirect(reduce.Out.Type)
        && ElementCode.Finish(ExpressionParser.Parse(reduce.Finish), new() { ["r"] = new TypedCode("r", fold.Type, true) }, vector: true, null) is { } finish
        && finish.Type == reduce.Out.Type;

    private void AlongReduced(ElementCode element, List<LoopAxis> reduced, LoopAxis inner)
    {
        const int Partials = 4;
        string type = CSharpTypes.Of(fold.Type), lanes = $"Vector<{type}>";
        int widest = 64 / CSharpTypes.Size(fold.Type);
        bool many = inner.Trips >= Partials * widest, rest = inner.Trips % widest != 0;
        string[] partial = Enumerable.Range(0, many ? Partials : 1).Select(i => nest.Names.Take("part" + i)).ToArray();
        string last = nest.Names.Take("rest");
        code.Line($"{lanes} {string.Join(", ", partial.Select(p => $"{p} = {fold.VectorStart}"))};");
        if (rest)
        {
            code.Line($"{type} {last} = {fold.Start};");
        }

        int depth = nest.Depth;
        EnterAll(reduced.Take(reduced.Count - 1));
        string[] rows = Rows();
        Dictionary<string, TypedCode> broadcasts = element.Broadcasts(rows);
        string i = nest.Variable(), n = NestEmitter.N(inner.Trips);
        code.Line($"int {i} = 0;");
        if (many)
        {
            using (code.Braces($"for (; {i} <= {n} - ({Partials} * {lanes}.Count); {i} += {Partials} * {lanes}.Count)"))
            {
                for (int p = 0; p < Partials; p++)
                {
                    string at = p == 0 ? i : p == 1 ? $"{i} + {lanes}.Count" : $"{i} + ({p} * {lanes}.Count)";
                    code.Line($"{partial[p]} = {fold.Vector(partial[p], element.Vector(rows, at, broadcasts))};");
                }
            }

            code.Line();
        }

        if (!many || inner.Trips % (Partials * widest) != 0)
        {
            using (code.Braces($"for (; {i} <= {n} - {lanes}.Count; {i} += {lanes}.Count)"))
            {
                code.Line($"{partial[0]} = {fold.Vector(partial[0], element.Vector(rows, i, broadcasts))};");
            }
        }

        if (rest)
        {
            code.Line();
            using (code.Braces($"for (; {i} < {n}; {i}++)"))
            {
                code.Line($"{last} = {fold.Scalar(last, element.Scalar(rows, i))};");
            }
        }

        nest.Close(depth);
        code.Line();
        string all = many ? fold.Vector(fold.Vector(partial[0], new TypedCode(partial[1], fold.Type, true)), new TypedCode(fold.Vector(partial[2], new TypedCode(partial[3], fold.Type, true)), fold.Type, false)) : partial[0];
        string joined = fold.Join(all);
        Store(rest ? fold.Scalar(joined, new TypedCode(last, fold.Type, true)) : joined, nest.Row(0), "0", 0);
    }

    private void AlongKept(ElementCode element, List<LoopAxis> reduced, LoopAxis across)
    {
        string type = CSharpTypes.Of(fold.Type), lanes = $"Vector<{type}>";
        bool rest = across.Trips % (64 / CSharpTypes.Size(fold.Type)) != 0;
        string target = nest.Row(0), j = nest.Variable(), n = NestEmitter.N(across.Trips);
        if (rest)
        {
            code.Line($"int {j} = 0;");
        }

        int depth = nest.Depth;
        using (code.Braces(rest ? $"for (; {j} <= {n} - {lanes}.Count; {j} += {lanes}.Count)" : $"for (int {j} = 0; {j} < {n}; {j} += {lanes}.Count)"))
        {
            string result = nest.Names.Take("lanes");
            code.Line($"{lanes} {result} = {fold.VectorStart};");
            EnterAll(reduced);
            string[] rows = Rows();
            code.Line($"{result} = {fold.Vector(result, element.Vector(rows, j, element.Broadcasts(rows)))};");
            nest.Close(depth);
            code.Line();
            TypedCode finish = Finish(new TypedCode(result, fold.Type, true), vector: true);
            code.Line($"*({lanes}*)({target} + {j}) = {finish.Code};");
        }

        if (rest)
        {
            code.Line();
            using (code.Braces($"for (; {j} < {n}; {j}++)"))
            {
                string result = nest.Names.Take("value");
                code.Line($"{fold.WideType} {result} = {fold.WideStart};");
                EnterAll(reduced);
                string[] rows = Rows();
                code.Line($"{result} = {fold.Wide(result, element.Scalar(rows, j))};");
                nest.Close(depth);
                code.Line();
                Store(fold.Narrow(result), target, j, 1);
            }
        }
    }

    private void OneByOne(ElementCode element, List<LoopAxis> reduced, LoopAxis inner, bool empty)
    {
        string result = nest.Names.Take("value");
        int depth = nest.Depth;
        code.Line($"{fold.WideType} {result} = {fold.WideStart};");
        if (!empty)
        {
            EnterAll(reduced.Take(reduced.Count - 1));
            string[] rows = Rows();
            string i = nest.Variable();
            using (code.Braces($"for ({NestEmitter.IndexType(inner)} {i} = 0; {i} < {NestEmitter.N(inner.Trips)}; {i}++)"))
            {
                code.Line($"{result} = {fold.Wide(result, element.Scalar(rows, i))};");
            }

            nest.Close(depth);
            code.Line();
        }

        Store(fold.Narrow(result), nest.Row(0), "0", 0);
    }

    private void Store(string folded, string target, string at, long stride)
    {
        TypedCode finish = Finish(new TypedCode(folded, fold.Type, false), vector: false);
        code.Line($"{NestEmitter.Element(target, at, stride)} = {ExpressionText.Store(finish, reduce.Out.Type, saturate: true)};");
    }

    private TypedCode Finish(TypedCode folded, bool vector)
    {
        Expression finish = ExpressionParser.Parse(reduce.Finish);
        if (finish.Count("r") > 1)
        {
            string name = nest.Names.Take("folded");
            code.Line($"var {name} = {folded.Code};");
            folded = new TypedCode(name, folded.Type, true);
        }

        return ElementCode.Finish(finish, new() { ["r"] = folded }, vector, nest)!.Value;
    }

    // The result stands still in the reduced loops: only the inputs have rows there.
    private string[] Rows() => operands.Select((_, i) => i == 0 ? "" : nest.Row(i)).ToArray();

    private void EnterAll(IEnumerable<LoopAxis> axes)
    {
        foreach (LoopAxis axis in axes)
        {
            nest.Enter(axis);
        }
    }
}
