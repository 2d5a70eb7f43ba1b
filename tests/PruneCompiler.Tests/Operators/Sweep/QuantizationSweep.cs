using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class QuantizationSweep
{
    private static readonly ElementType[] Bytes = [ElementType.Int8, ElementType.UInt8];

    [Fact]
    public void To_whole_numbers_and_back()
    {
        var data = new SweepData(81);
        var cases = new List<SweepCase>();
        foreach (ElementType t in new[] { ElementType.Int8, ElementType.UInt8, ElementType.Int16, ElementType.UInt16 })
        {
            Tensor zero = data.Between(t, 1, 9), zeros = data.Between(t, 1, 9, 3);
            Tensor scale = data.Between(ElementType.Float32, 0.01, 0.02), scales = data.Between(ElementType.Float32, 0.01, 0.02, 3);
            cases.Add(new("QuantizeLinear", [data.Any(4, 3, 5), Fixed(scale), Fixed(zero)]));
            cases.Add(new("QuantizeLinear", [data.Any(4, 3, 5), scale, zero]));
            cases.Add(new("QuantizeLinear", [data.Any(4, 3, 5), Fixed(scales), Fixed(zeros)]));
            cases.Add(new("QuantizeLinear", [data.Any(4, 3), Fixed(scales), Fixed(zeros)], ("axis", -1)));
            cases.Add(new("DequantizeLinear", [data.Any(t, 4, 3, 5), Fixed(scale), Fixed(zero)]));
            cases.Add(new("DequantizeLinear", [data.Any(t, 4, 3, 5), Fixed(scales), Fixed(zeros)], ("axis", 1)));
            cases.Add(new("DequantizeLinear", [data.Any(t, 4, 3), scales, zeros], ("axis", -1)));
            cases.Add(new("DequantizeLinear", [data.Any(t, 4, 3, 5), Fixed(scale)]));
        }

        cases.Add(new("QuantizeLinear", [data.Any(4, 3), Fixed(data.Between(ElementType.Float32, 0.01, 0.02))]));
        cases.Add(new("QuantizeLinear", [data.Any(4, 3), Fixed(data.Between(ElementType.Float32, 0.01, 0.02))], ("output_dtype", (int)ElementType.Int8)));
        cases.Add(new("QuantizeLinear", [data.Any(6, 4), Fixed(data.Between(ElementType.Float32, 0.01, 0.02, 3, 4)), Fixed(data.Between(ElementType.UInt8, 1, 9, 3, 4))], ("axis", 0), ("block_size", 2)));
        cases.Add(new("DequantizeLinear", [data.Any(ElementType.UInt8, 6, 4), Fixed(data.Between(ElementType.Float32, 0.01, 0.02, 6, 2))], ("axis", 1), ("block_size", 2)));
        cases.Add(new("DequantizeLinear", [data.Any(ElementType.Int32, 6, 4), Fixed(data.Between(ElementType.Float32, 0.01, 0.02))]));
        cases.Add(new("QuantizeLinear", [data.Any(ElementType.Float16, 4, 3), Fixed(data.Between(ElementType.Float16, 0.01, 0.02)), Fixed(data.Between(ElementType.Int8, 1, 9))]));
        cases.Add(new("DequantizeLinear", [data.Any(ElementType.Int8, 4, 3), Fixed(data.Between(ElementType.Float16, 0.01, 0.02)), Fixed(data.Between(ElementType.Int8, 1, 9))]));
        Sweeping.Check(21, cases);
        Sweeping.Check(13, [
            new("DynamicQuantizeLinear", [data.Any(3, 9)]) { Outputs = 3 },
            new("DynamicQuantizeLinear", [data.Between(ElementType.Float32, 1, 3, 9)]) { Outputs = 3 },
            new("DynamicQuantizeLinear", [data.Between(ElementType.Float32, -3, -1, 9)]) { Outputs = 3 },
        ]);
    }

    [Fact]
    public void Whole_number_products()
    {
        var data = new SweepData(82);
        var cases = new List<SweepCase>();
        foreach (ElementType a in Bytes)
        {
            foreach (ElementType b in Bytes.Where(b => a == ElementType.UInt8 || b == ElementType.Int8))
            {
                cases.Add(new("MatMulInteger", [data.Any(a, 3, 8), Fixed(data.Any(b, 8, 5))]));
                cases.Add(new("MatMulInteger", [data.Any(a, 2, 3, 8), data.Any(b, 8, 5), data.Between(a, 1, 5), data.Between(b, 1, 5)]));
                cases.Add(new("MatMulInteger", [data.Any(a, 3, 8), Fixed(data.Any(b, 8, 5)), Fixed(data.Between(a, 1, 5)), Fixed(data.Between(b, 1, 5, 5))]));
            }
        }

        cases.Add(new("ConvInteger", [data.Any(ElementType.UInt8, 1, 3, 7, 8), Fixed(data.Any(ElementType.UInt8, 4, 3, 3, 3)), Fixed(data.Between(ElementType.UInt8, 1, 5))], ("pads", new[] { 1, 1, 1, 1 })));
        cases.Add(new("ConvInteger", [data.Any(ElementType.UInt8, 1, 4, 7, 8), Fixed(data.Any(ElementType.UInt8, 4, 2, 3, 3))], ("strides", new[] { 2, 2 }), ("group", 2)));
        SweepInput Scale() => Fixed(data.Between(ElementType.Float32, 0.01, 0.02));
        SweepInput Zero(ElementType t) => Fixed(data.Between(t, 1, 9));
        foreach (ElementType a in Bytes)
        {
            cases.Add(new("QLinearMatMul", [data.Any(a, 3, 8), Scale(), Zero(a), Fixed(data.Any(ElementType.Int8, 8, 5)), Scale(), Zero(ElementType.Int8), Fixed(Tensor.Scalar(0.4f)), Zero(a)]));
            cases.Add(new("QLinearConv", [data.Any(a, 1, 3, 7, 8), Scale(), Zero(a), Fixed(data.Any(ElementType.Int8, 4, 3, 3, 3)), Fixed(data.Between(ElementType.Float32, 0.01, 0.02, 4)), Fixed(new Tensor(ElementType.Int8, new Shape(4))), Fixed(Tensor.Scalar(0.4f)), Zero(a), Fixed(data.Any(ElementType.Int32, 4))], ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(new("QLinearConv", [data.Any(a, 1, 4, 7, 8), Scale(), Zero(a), Fixed(data.Any(ElementType.Int8, 4, 1, 3, 3)), Scale(), Fixed(Tensor.Scalar((sbyte)0)), Fixed(Tensor.Scalar(0.1f)), Zero(a)], ("group", 4), ("strides", new[] { 2, 2 })));
        }

        Sweeping.Check(13, cases);
    }
}
