using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Short ways to make tensors.</summary>
public static class Tensors
{
    /// <summary>A rank-0 tensor of any number type.</summary>
    public static Tensor Of(ElementType type, double value)
    {
        var result = new Tensor(type, Shape.Scalar);
        Numbers.WriteFloat(result, 0, value);
        return result;
    }
}
