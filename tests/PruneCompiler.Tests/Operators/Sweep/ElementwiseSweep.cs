using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class ElementwiseSweep
{
    private static readonly string[] Unary =
    [
        "Abs", "Acos", "Asin", "Atan", "Atanh", "Sinh", "Cosh", "Asinh", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg", "Relu", "Round", "Selu", "Celu",
        "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Tan", "Tanh", "ThresholdedRelu", "Identity", "Gelu", "Shrink", "Reciprocal",
    ];

    public static TheoryData<string> FloatTypes => [.. Floats.Select(f => f.ToString())];

    [Theory]
    [MemberData(nameof(FloatTypes))]
    public void Functions_of_one_value(string type)
    {
        var data = new SweepData(1);
        ElementType t = Enum.Parse<ElementType>(type);
        IEnumerable<SweepCase> cases = Unary.SelectMany(name => new int[][] { [], [0, 3], [37], [2, 3, 5, 7] }.Select(shape => new SweepCase(name, [name switch
        {
            "Acos" or "Asin" or "Atanh" => data.Between(t, -0.99, 0.99, shape),
            "Reciprocal" => data.Between(t, 0.1, 4, shape),
            _ => data.Any(t, shape),
        }])
        {
            Tolerance = t == ElementType.Float64 ? 1e-6 : null, // some of ONNX Runtime's double kernels have single precision constants
        }));
        Sweeping.Check(20, [
            .. cases,
            new SweepCase("Log", [data.Between(t, 0.01, 9, 40)]),
            new SweepCase("Sqrt", [data.Between(t, 0, 9, 40)]),
            new SweepCase("Acosh", [data.Between(t, 1, 9, 40)]),
            new SweepCase("Gelu", [data.Any(t, 40)], ("approximate", "tanh")) { Tolerance = t == ElementType.Float64 ? 1e-6 : null },
            new SweepCase("Shrink", [data.Any(t, 40)], ("lambd", 0.7f), ("bias", 0.3f)) { Tolerance = t == ElementType.Float64 ? 1e-6 : null },
            new SweepCase("HardSigmoid", [data.Any(t, 40)], ("alpha", 0.5f), ("beta", 0.6f)),
            new SweepCase("LeakyRelu", [data.Any(t, 40)], ("alpha", -0.3f)),
            new SweepCase("Elu", [data.Any(t, 40)], ("alpha", 2.5f)),
            new SweepCase("Selu", [data.Any(t, 40)], ("alpha", 2f), ("gamma", 3f)),
            new SweepCase("Celu", [data.Any(t, 40)], ("alpha", 2f)),
            new SweepCase("ThresholdedRelu", [data.Any(t, 40)], ("alpha", 0.4f)),
            new SweepCase("IsNaN", [data.Any(t, 40)]),
            new SweepCase("IsInf", [data.Any(t, 40)], ("detect_negative", 0)),
            new SweepCase("PRelu", [data.Any(t, 2, 3, 4), data.Any(t, 3, 1)]),
            new SweepCase("PRelu", [data.Any(t, 2, 3, 4), data.Any(t, 1)]),
            new SweepCase("PRelu", [data.Any(t, 2, 3, 4), Fixed(data.Any(t, 2, 3, 4))]),
        ]);
    }

    [Fact]
    public void Functions_of_one_integer()
    {
        var data = new SweepData(2);
        Sweeping.Check(20, Integers.SelectMany(t => new SweepCase[]
        {
            new("Abs", [data.Any(t, 3, 7)]),
            new("Sign", [data.Any(t, 3, 7)]),
            new("Relu", [data.Any(t, 3, 7)]) { Oracle = t != ElementType.UInt8 },
            new("Neg", [data.Any(t, 3, 7)]),
            new("BitwiseNot", [data.Any(t, 3, 7)]),
            new("Identity", [data.Any(t, 0)]),
            new("Shrink", [data.Any(t, 3, 7)], ("lambd", 20f), ("bias", 5f)),
        }.Where(c => t.ToString()[0] != 'U' || c.Operator is not ("Neg" or "Relu"))));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(7)]
    public void Arithmetic_of_two_values_broadcasts(int opset)
    {
        var data = new SweepData(3);
        (int[] A, int[] B)[] shapes = [([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [4]), ([2, 3, 4], []), ([], [2, 1]), ([3, 1], [1, 4]), ([2, 1, 4], [3, 1]), ([5], [2, 3, 1]), ([0, 3], [3]), ([1], [0]), ([2, 3, 40], [3, 1]), ([1, 1, 1], [1, 1, 1])];
        ElementType[] types = opset < 14 ? [ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.Int32, ElementType.Int64] : [.. Floats, .. Integers];
        Sweeping.Check(opset, types.SelectMany(t => shapes.SelectMany(s => new SweepCase[]
        {
            new("Add", [data.Any(t, s.A), data.Any(t, s.B)]),
            new("Sub", [data.Any(t, s.A), data.Any(t, s.B)]),
            new("Mul", [data.Any(t, s.A), data.Any(t, s.B)]),
            new("Div", [data.Any(t, s.A), data.Between(t, 1, 9, s.B)]),
        })));
    }

    [Fact]
    public void Powers_and_remainders()
    {
        var data = new SweepData(4);
        ElementType[] powers = [ElementType.Float32, ElementType.Float64, ElementType.Int32, ElementType.Int64];
        Sweeping.Check(17, [
            .. powers.SelectMany(a => powers.Select(b => new SweepCase("Pow", [data.Between(a, 1, 5, 2, 9), data.Between(b, 0, 4, 9)]))),
            .. new[] { 0f, 1f, 2f, 3f, 0.5f, -1f, -0.5f, -2f, 1.7f, 7f }.Select(p => new SweepCase("Pow", [data.Between(ElementType.Float32, 0.1, 3, 40), Singles(p)])),
            new SweepCase("Pow", [data.Between(ElementType.Float16, 0.1, 3, 40), data.Between(ElementType.Float16, 0.1, 3, 40)]),
            new SweepCase("Pow", [data.Any(40), Singles(2)]),
            new SweepCase("Pow", [data.Any(40), Singles(3)]),
            .. Integers.Select(t => new SweepCase("Mod", [data.Any(t, 4, 9), data.Between(t, t.ToString()[0] == 'U' ? 3 : -5, t.ToString()[0] == 'U' ? 9 : -1, 9)])),
            .. Integers.Select(t => new SweepCase("Mod", [data.Any(t, 4, 9), data.Between(t, 1, 9, 9)], ("fmod", 1))),
            .. new[] { ElementType.Float32, ElementType.Float64, ElementType.Float16 }.Select(t => new SweepCase("Mod", [data.Any(t, 4, 9), data.Between(t, 0.5, 3, 9)], ("fmod", 1))),
        ]);
    }

    [Fact]
    public void Comparisons_and_logic()
    {
        var data = new SweepData(5);
        IEnumerable<SweepCase> comparisons = new[] { "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual" }
            .SelectMany(name => Floats.Concat(Integers).Select(t => new SweepCase(name, [data.Between(t, 0, 4, 2, 21), data.Between(t, 0, 4, 21)])));
        IEnumerable<SweepCase> logic = new[] { "And", "Or", "Xor", "Equal" }.Select(name => new SweepCase(name, [data.Any(ElementType.Bool, 2, 1, 9), data.Any(ElementType.Bool, 5, 1)]));
        IEnumerable<SweepCase> bits = Integers.SelectMany(t => new[] { "BitwiseAnd", "BitwiseOr", "BitwiseXor" }.Select(name => new SweepCase(name, [data.Any(t, 2, 21), data.Any(t, 21)])));
        IEnumerable<SweepCase> shifts = Integers.Where(t => t.ToString()[0] == 'U').SelectMany(t => new[] { "LEFT", "RIGHT" }.Select(d => new SweepCase("BitShift", [data.Any(t, 2, 21), data.Between(t, 0, 8, 21)], ("direction", d))));
        Sweeping.Check(19, [.. comparisons, .. logic, .. bits, .. shifts, new SweepCase("Not", [data.Any(ElementType.Bool, 37)]), new SweepCase("Not", [data.Any(ElementType.Bool)])]);
    }

    [Fact]
    public void Variadic_operators()
    {
        var data = new SweepData(6);
        Sweeping.Check(13, new[] { "Max", "Min", "Sum", "Mean" }.SelectMany(name => (name is "Max" or "Min" ? Floats.Concat(Integers) : Floats).SelectMany(t => new SweepCase[]
        {
            new(name, [data.Any(t, 3, 7)]),
            new(name, [data.Any(t, 3, 7), data.Any(t, 7)]),
            new(name, [data.Any(t, 3, 1), data.Any(t, 2, 1, 1), data.Any(t, 7), data.Any(t)]),
        })));
    }

    [Fact]
    public void Selection_and_bounds()
    {
        var data = new SweepData(7);
        ElementType[] types = [.. Floats, .. Integers];
        Sweeping.Check(16, [
            .. types.Append(ElementType.Bool).SelectMany(t => new SweepCase[]
            {
                new("Where", [data.Any(ElementType.Bool, 3, 1), data.Any(t, 7), data.Any(t, 2, 3, 7)]),
                new("Where", [data.Any(ElementType.Bool), data.Any(t, 7), data.Any(t, 1)]),
                new("Where", [Fixed(data.Any(ElementType.Bool, 3, 7)), data.Any(t, 7), Fixed(data.Any(t))]),
            }),
            .. types.SelectMany(t => new SweepCase[]
            {
                new("Clip", [data.Any(t, 3, 7), data.Between(t, 1, 2), data.Between(t, 3, 9)]),
                new("Clip", [data.Any(t, 3, 7), null, Fixed(data.Between(t, 1, 9))]),
                new("Clip", [data.Any(t, 3, 7), Fixed(data.Between(t, 1, 9))]),
                new("Clip", [data.Any(t, 3, 7)]),
                new("Clip", [data.Any(t, 3, 7), Fixed(data.Between(t, 50, 51)), Fixed(data.Between(t, 5, 6))]) { Oracle = t.Size() > 1 },
            }),
        ]);
    }

    [Fact]
    public void Clip_took_its_bounds_as_attributes()
    {
        var data = new SweepData(8);
        Sweeping.Check(7, [
            new SweepCase("Clip", [data.Any(30)], ("min", -0.5f), ("max", 0.5f)),
            new SweepCase("Clip", [data.Any(30)], ("min", 0f)),
            new SweepCase("Clip", [data.Any(30)], ("max", 0.25f)),
            new SweepCase("Clip", [data.Any(30)]),
            new SweepCase("Dropout", [data.Any(30)], ("ratio", 0.3f)),
            new SweepCase("Dropout", [data.Any(30)], ("ratio", 0.3f)) { Outputs = 2, Oracle = false },
            new SweepCase("Sum", [data.Any(3, 7), data.Any(3, 7)]),
            new SweepCase("PRelu", [data.Any(2, 3, 4), data.Any(3, 1)]),
            new SweepCase("Gemm", [data.Any(3, 4), data.Any(4, 5), data.Any(5)], ("alpha", 0.5f)),
            new SweepCase("Equal", [data.Any(ElementType.Int32, 9), data.Any(ElementType.Int32, 9)]),
            new SweepCase("Less", [data.Any(9), data.Any(9)]),
        ]);
    }

    [Fact]
    public void Casts_between_all_types()
    {
        var data = new SweepData(9);
        ElementType[] types = [.. Floats, .. Integers, ElementType.Bool];
        IEnumerable<SweepCase> cases = from a in types
                                       from b in types
                                       select new SweepCase("Cast", [data.Between(a, a == ElementType.Bool ? 0 : 1, a == ElementType.Bool ? 2 : 100, 3, 21)], ("to", (int)b));
        IEnumerable<SweepCase> negative = from a in types.Where(t => t.IsFloat() || t.ToString()[0] == 'I')
                                          from b in types.Where(t => t.ToString()[0] != 'U')
                                          select new SweepCase("Cast", [data.Any(a, 3, 21)], ("to", (int)b));
        Sweeping.Check(19, [
            .. cases,
            .. negative,
            new SweepCase("CastLike", [data.Any(3, 7), data.Any(ElementType.Int32, 1)]),
            new SweepCase("CastLike", [data.Any(3, 7), data.Any(ElementType.Float64, 1)]),
        ]);
    }
}
