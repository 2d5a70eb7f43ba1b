namespace PruneCompiler.Operators;

/// <summary>All operators, one line each, in the order of their names.</summary>
public static class OperatorRegistry
{
    /// <summary>The list. A new operator is one line here and one folder beside this file.</summary>
    public static IReadOnlyList<Operator> All { get; } =
    [
        new AveragePool(),
        new BatchNormalization(),
        new CenterCropPad(),
        new Concat(),
        new Constant(),
        new ConstantOfShape(),
        new Conv(),
        new ConvTranspose(),
        new DepthToSpace(),
        new Dropout(),
        new Expand(),
        new EyeLike(),
        new Flatten(),
        new Gather(),
        new GatherElements(),
        new GatherND(),
        new Gemm(),
        new GlobalAveragePool(),
        new GlobalLpPool(),
        new GlobalMaxPool(),
        new Identity(),
        new LpPool(),
        new MatMul(),
        new MaxPool(),
        new MelWeightMatrix(),
        new OneHot(),
        new Pad(),
        new Range(),
        new Relu(),
        new Reshape(),
        new ReverseSequence(),
        new ScatterElements(),
        new ScatterElements("Scatter"),
        new ScatterND(),
        new ShapeOf(),
        new SizeOf(),
        new Slice(),
        new SpaceToDepth(),
        new Split(),
        new Squeeze(),
        new Tile(),
        new TopK(),
        new Transpose(),
        new Trilu(),
        new Unsqueeze(),
    ];

    private static readonly Dictionary<(string Domain, string Name), Operator> ByName = All.ToDictionary(o => (o.Domain, o.Name));

    /// <summary>The operator, or null when the compiler has none of that name.</summary>
    /// <param name="domain">Empty or "ai.onnx" for ONNX's own.</param>
    /// <param name="name">ONNX's name.</param>
    public static Operator? Find(string domain, string name) => ByName.GetValueOrDefault((domain == "ai.onnx" ? "" : domain, name));
}
