namespace PruneCompiler.Operators;

/// <summary>The sine of x in radians (ONNX Sin, opsets 7 to 22).</summary>
public sealed class Sin() : UnaryFunction("Sin", Math.Sin);

/// <summary>The cosine of x in radians (ONNX Cos, opsets 7 to 22).</summary>
public sealed class Cos() : UnaryFunction("Cos", Math.Cos);

/// <summary>The tangent of x in radians (ONNX Tan, opsets 7 to 22).</summary>
public sealed class Tan() : UnaryFunction("Tan", Math.Tan);

/// <summary>The inverse sine in radians (ONNX Asin, opsets 7 to 22).</summary>
public sealed class Asin() : UnaryFunction("Asin", Math.Asin);

/// <summary>The inverse cosine in radians (ONNX Acos, opsets 7 to 22).</summary>
public sealed class Acos() : UnaryFunction("Acos", Math.Acos);

/// <summary>The inverse tangent in radians (ONNX Atan, opsets 7 to 22).</summary>
public sealed class Atan() : UnaryFunction("Atan", Math.Atan);

/// <summary>The hyperbolic sine (ONNX Sinh, opsets 9 to 22).</summary>
public sealed class Sinh() : UnaryFunction("Sinh", Math.Sinh);

/// <summary>The hyperbolic cosine (ONNX Cosh, opsets 9 to 22).</summary>
public sealed class Cosh() : UnaryFunction("Cosh", Math.Cosh);

/// <summary>The inverse hyperbolic sine (ONNX Asinh, opsets 9 to 22).</summary>
public sealed class Asinh() : UnaryFunction("Asinh", Math.Asinh);

/// <summary>The inverse hyperbolic cosine (ONNX Acosh, opsets 9 to 22).</summary>
public sealed class Acosh() : UnaryFunction("Acosh", Math.Acosh);

/// <summary>The inverse hyperbolic tangent (ONNX Atanh, opsets 9 to 22).</summary>
public sealed class Atanh() : UnaryFunction("Atanh", Math.Atanh);
