using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Element-wise operators against ONNX Runtime; many to a model, an output each.</summary>
public class ElementwiseTests
{
    private static readonly string[] Unary =
    [
        "Relu", "LeakyRelu", "Elu", "Celu", "Selu", "ThresholdedRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Mish", "Tanh", "Softplus", "Softsign", "Shrink", "Erf", "Gelu", "Exp", "Log",
        "Sqrt", "Reciprocal", "Abs", "Neg", "Sign", "Ceil", "Floor", "Round", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Identity",
    ];

    private static readonly string[] Binary = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Sum", "Mean", "PRelu"];

    [Theory]
    [InlineData(1f)]
    [InlineData(7f)]
    public void Functions_of_one_value_agree(float scale)
    {
        OnnxBuilder model = new OnnxBuilder(20).Input("x", 3, 37).Initializer("scale", [1], scale).Node("Mul", ["x", "scale"], ["s"]).Output("s");
        foreach (string name in Unary)
        {
            model.Node(name, ["s"], [name]).Output(name);
        }

        model.Node("Gelu", ["s"], ["GeluTanh"], ("approximate", "tanh")).Output("GeluTanh");
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Extreme_values_agree()
    {
        float[] values = [0f, -0f, 1e-30f, -1e-30f, 88f, -88f, 104f, -104f, 1e10f, -1e10f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0.5f, 1.5f, -2.5f, 1e38f, -1e38f];
        OnnxBuilder model = new OnnxBuilder(20).Input("x", values.Length);
        foreach (string name in new[] { "Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Abs", "Neg", "Ceil", "Floor", "Round", "Erf" })
        {
            model.Node(name, ["x"], [name]).Output(name);
        }

        model.Initializer("low", [], -1f).Initializer("high", [], 6f).Node("Clip", ["x", "low", "high"], ["Clip"]).Output("Clip");
        model.Node("IsNaN", ["x"], ["IsNaN"]).Output("IsNaN", ElementType.Bool).Node("IsInf", ["x"], ["IsInf"]).Output("IsInf", ElementType.Bool);
        Differential.Check(model, 1e-5, inputs: new Dictionary<string, Tensor> { ["x"] = Tensor.Vector<float>(values) });
    }

    [Theory]
    [InlineData(new[] { 4, 5, 6 }, new[] { 4, 5, 6 })]
    [InlineData(new[] { 4, 5, 16 }, new[] { 16 })]
    [InlineData(new[] { 2, 5, 19 }, new[] { 5, 1 })]
    [InlineData(new[] { 4, 3, 11 }, new[] { 1, 3, 1 })]
    [InlineData(new[] { 3, 33 }, new[] { 1 })]
    public void Functions_of_two_values_agree_with_broadcasting(int[] a, int[] b)
    {
        OnnxBuilder model = new OnnxBuilder(17).Input("a", a).Input("b", b);
        foreach (string name in Binary)
        {
            model.Node(name, ["a", "b"], [name]).Output(name, name is "Less" or "LessOrEqual" or "Greater" or "GreaterOrEqual" or "Equal" ? ElementType.Bool : ElementType.Float32);
        }

        model.Node("Mod", ["a", "b"], ["Mod"], ("fmod", 1)).Output("Mod");
        model.Node("Abs", ["a"], ["p"]).Node("Pow", ["p", "b"], ["Pow"]).Output("Pow");
        model.Node("Where", ["Less", "a", "b"], ["Where"]).Output("Where");
        model.Node("And", ["Less", "Greater"], ["And"]).Output("And", ElementType.Bool).Node("Not", ["Less"], ["Not"]).Output("Not", ElementType.Bool);
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Both_sides_can_broadcast() =>
        Differential.Check(new OnnxBuilder().Input("a", 4, 1, 9).Input("b", 5, 1).Node("Sub", ["a", "b"], ["y"]).Output("y"), 1e-6);

    [Theory]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.Int8)]
    public void Integers_agree(ElementType type)
    {
        var divisors = new Tensor(type, new Shape(7));
        for (int i = 0; i < 7; i++)
        {
            PruneCompiler.Operators.Numbers.WriteInteger(divisors, i, type is ElementType.UInt8 ? i + 1 : i % 2 == 0 ? -i - 1 : i);
        }

        OnnxBuilder model = new OnnxBuilder(14).Input("a", type, 6, 7).Initializer("b", divisors);
        foreach (string name in new[] { "Add", "Sub", "Mul", "Div", "Mod" })
        {
            model.Node(name, ["a", "b"], [name]).Output(name, type);
        }

        model.Node("Sub", ["b", "a"], ["negative"]).Node("Mod", ["negative", "b"], ["ModNegative"]).Output("ModNegative", type);
        model.Node("Max", ["a", "b"], ["Max"]).Output("Max", type).Node("Min", ["negative", "b"], ["Min"]).Output("Min", type);
        model.Node("Less", ["a", "b"], ["Less"]).Output("Less", ElementType.Bool);
        Differential.Check(model, 0);
    }

    [Fact]
    public void Casts_agree()
    {
        ElementType[] types = [ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.Int64, ElementType.Int32, ElementType.Int16, ElementType.Int8, ElementType.UInt8, ElementType.UInt16, ElementType.Bool];
        OnnxBuilder model = new OnnxBuilder(13).Input("x", ElementType.Float32, 5, 9).Initializer("scale", [1], 100f).Node("Mul", ["x", "scale"], ["s"]);
        foreach (ElementType from in types)
        {
            // Negative numbers have no defined unsigned value.
            string source = from is ElementType.UInt8 or ElementType.UInt16 ? "magnitude" : "s";
            model.Node("Cast", [source], [$"{from}"], ("to", (long)from));
            foreach (ElementType to in types.Where(t => t != from && t is not (ElementType.UInt8 or ElementType.UInt16)))
            {
                model.Node("Cast", [$"{from}"], [$"{from}To{to}"], ("to", (long)to)).Output($"{from}To{to}", to);
            }
        }

        model.Graph.Node.Insert(1, OnnxBuilder.MakeNode("magnitude", "", "Abs", ["s"], ["magnitude"]));
        Differential.Check(model, 1e-6);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(11)]
    [InlineData(13)]
    public void Clip_agrees_in_every_form(int opset)
    {
        OnnxBuilder model = new OnnxBuilder(opset).Input("x", 5, 13);
        if (opset < 11)
        {
            model.Node("Clip", ["x"], ["both"], ("min", -0.25f), ("max", 0.5f)).Node("Clip", ["x"], ["low"], ("min", -0.25f)).Node("Clip", ["x"], ["high"], ("max", 0.25f));
        }
        else
        {
            model.Initializer("l", [], -0.25f).Initializer("h", [], 0.5f)
                .Node("Clip", ["x", "l", "h"], ["both"]).Node("Clip", ["x", "l"], ["low"]).Node("Clip", ["x", "", "h"], ["high"]);
        }

        Differential.Check(model.Output("both").Output("low").Output("high"), 0);
    }

    [Fact]
    public void Bounds_of_Clip_may_be_computed() =>
        Differential.Check(new OnnxBuilder(13).Input("x", 5, 13).Input("low").Input("high").Node("Clip", ["x", "low", "high"], ["y"]).Output("y"), 0, seeds: 2);

    [Fact]
    public void Half_precision_agrees() => Differential.Check(
        new OnnxBuilder(17).Input("a", ElementType.Float16, 4, 21).Input("b", ElementType.Float16, 21)
            .Node("Add", ["a", "b"], ["s"]).Node("Mul", ["s", "a"], ["p"]).Node("Sigmoid", ["p"], ["y"]).Output("y", ElementType.Float16),
        2e-3);

    [Fact]
    public void Powers_with_a_constant_exponent_agree()
    {
        OnnxBuilder model = new OnnxBuilder(15).Input("x", 4, 11).Node("Abs", ["x"], ["a"]);
        foreach ((string name, float power) in new[] { ("two", 2f), ("three", 3f), ("half", 0.5f), ("minus", -1f), ("root", -0.5f), ("other", 1.7f), ("one", 1f) })
        {
            model.Initializer(name, [], power).Node("Pow", ["a", name], [name + "Y"]).Output(name + "Y");
        }

        Differential.Check(model, 1e-5);
    }
}
