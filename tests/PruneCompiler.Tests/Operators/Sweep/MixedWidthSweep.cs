using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

/// <summary>Element-wise operators whose operands have several widths, on rows that are long enough for vectors and leave a rest.</summary>
public class MixedWidthSweep
{
    private static readonly ElementType[] Types = [ElementType.Float32, ElementType.Int32, ElementType.Float16, ElementType.BFloat16, ElementType.Bool, ElementType.Int8, ElementType.UInt8, ElementType.Int16, ElementType.UInt16];

    [Fact]
    public void Operands_of_several_widths()
    {
        var data = new SweepData(95);
        var cases = new List<SweepCase>();
        foreach (ElementType from in Types)
        {
            foreach (ElementType to in Types.Where(t => t != from))
            {
                // A negative float as an unsigned integer is undefined.
                bool undefined = from.IsFloat() && to is ElementType.UInt8 or ElementType.UInt16;
                cases.Add(new("Cast", [undefined ? data.Between(from, 0, 200, 3, 37) : data.Between(from, -90, 90, 3, 37)], ("to", (int)to)));
            }

            if (from != ElementType.BFloat16)
            {
                cases.Add(new("Where", [data.Any(ElementType.Bool, 3, 37), data.Any(from, 3, 37), data.Any(from, 3, 37)]));
                cases.Add(new("Where", [data.Any(ElementType.Bool, 37), data.Any(from, 3, 1), data.Any(from, 3, 37)]));
            }

            if (from != ElementType.Bool)
            {
                foreach (string compare in new[] { "Less", "LessOrEqual", "Greater", "GreaterOrEqual" })
                {
                    cases.Add(new(compare, [data.Between(from, 0, 4, 3, 37), data.Between(from, 0, 4, 3, 37)]));
                    cases.Add(new(compare, [data.Between(from, 0, 4, 3, 37), data.Between(from, 0, 4, 3, 1)]));
                }
            }

            cases.Add(new("Equal", [data.Between(from, 0, 4, 3, 37), data.Between(from, 0, 4, 37)]));
        }

        foreach (string logic in new[] { "And", "Or", "Xor", "Equal" })
        {
            cases.Add(new(logic, [data.Any(ElementType.Bool, 3, 37), data.Any(ElementType.Bool, 3, 37)]));
            cases.Add(new(logic, [data.Any(ElementType.Bool, 3, 37), data.Any(ElementType.Bool, 3, 1)]));
        }

        cases.Add(new("Not", [data.Any(ElementType.Bool, 3, 37)]));
        foreach (ElementType t in new[] { ElementType.Int8, ElementType.UInt8, ElementType.Int16, ElementType.UInt16 })
        {
            SweepInput Scales(params int[] shape) => Fixed(data.Between(ElementType.Float32, 0.01, 0.02, shape));
            SweepInput zero = Fixed(data.Between(t, 1, 9)), zeros = Fixed(data.Between(t, 1, 9, 3));
            cases.Add(new("QuantizeLinear", [data.Any(3, 37), Scales(), zero]));
            cases.Add(new("QuantizeLinear", [data.Any(2, 3, 37), Scales(3), zeros]));
            cases.Add(new("DequantizeLinear", [data.Any(t, 2, 3, 37), Scales(3), zeros]));
            cases.Add(new("DequantizeLinear", [data.Any(t, 3, 37), Scales(), zero]));
        }

        cases.Add(new("IsNaN", [Tensor.Of<float>(new Shape(3, 16), [.. Enumerable.Range(0, 48).Select(i => i % 5 == 0 ? float.NaN : i % 7 == 0 ? float.PositiveInfinity : i)])]));
        cases.Add(new("IsInf", [Tensor.Of<float>(new Shape(3, 16), [.. Enumerable.Range(0, 48).Select(i => i % 5 == 0 ? float.NaN : i % 7 == 0 ? float.NegativeInfinity : i)])]));
        Sweeping.Check(21, cases);
    }
}
