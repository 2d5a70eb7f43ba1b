using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Tests.Operators.Sweep;

/// <summary>Seeded content for swept nodes. Each call gives other numbers, the same in every run.</summary>
internal sealed class SweepData(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>The float types that kernels compute with.</summary>
    public static readonly ElementType[] Floats = [ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16];

    /// <summary>The integer types of whole bytes.</summary>
    public static readonly ElementType[] Integers =
    [
        ElementType.Int8, ElementType.UInt8, ElementType.Int16, ElementType.UInt16, ElementType.Int32, ElementType.UInt32, ElementType.Int64, ElementType.UInt64,
    ];

    /// <summary>A part of the model that no run gives.</summary>
    public static SweepInput Fixed(Tensor tensor) => new(tensor, true);

    /// <summary>An int64 vector in the model.</summary>
    public static SweepInput Longs(params long[] values) => Fixed(Tensor.Vector<long>(values));

    /// <summary>A float vector in the model.</summary>
    public static SweepInput Singles(params float[] values) => Fixed(Tensor.Vector<float>(values));

    /// <summary>Numbers between two bounds; whole ones for integer types.</summary>
    public Tensor Between(ElementType type, double low, double high, params int[] shape)
    {
        var tensor = new Tensor(type, new Shape(shape));
        for (int i = 0; i < tensor.Count; i++)
        {
            double value = low + (random.NextDouble() * (high - low));
            Numbers.WriteFloat(tensor, i, type.IsFloat() ? value : Math.Floor(value));
        }

        return tensor;
    }

    /// <summary>Numbers between -2 and 2, integers between 0 or -100 and 100, bools.</summary>
    public Tensor Any(ElementType type, params int[] shape) =>
        type == ElementType.Bool ? Between(type, 0, 2, shape) : type.IsFloat() ? Between(type, -2, 2, shape) : Between(type, type.ToString()[0] == 'U' ? 0 : -100, 100, shape);

    /// <summary>Floats between -2 and 2.</summary>
    public Tensor Any(params int[] shape) => Any(ElementType.Float32, shape);
}
