using PruneCompiler.IR;

namespace PruneCompiler.Plan;

/// <summary>Access for kernels that compute in float or double: smaller floats are converted on the way.</summary>
public static class ElementConversion
{
    /// <summary>float64 for float64, float32 for all other floats: what the kernels compute in.</summary>
    public static ElementType Computed(ElementType type) => type == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32;

    /// <summary>A value contiguously in row-major order as <paramref name="type"/>.</summary>
    public static Storage ReadPlainAs(this Lowering lowering, Node node, Value value, ElementType type)
    {
        if (value.Type == type)
        {
            return lowering.ReadPlain(node, value);
        }

        Storage converted = lowering.Scratch(value.Name + " as " + type.Text(), new TensorType(type, value.Shape));
        lowering.MapStorages(node, $"{value.Name}: converted to {type.Text()}.", converted, [lowering.Read(value)], $"(cast {type.Text()} a)");
        return converted;
    }

    /// <summary>Lets <paramref name="write"/> add steps that write a value contiguously as <paramref name="type"/>, then converts it.</summary>
    public static void WritePlainAs(this Lowering lowering, Node node, Value value, ElementType type, Action<Storage> write)
    {
        if (value.Type == type)
        {
            write(lowering.WritePlain(node, value));
            return;
        }

        Storage computed = lowering.Scratch(value.Name + " as " + type.Text(), new TensorType(type, value.Shape));
        write(computed);
        lowering.MapStorages(node, $"{value.Name}: converted to {value.Type.Text()}.", lowering.Write(value), [computed], $"(cast {value.Type.Text()} a)");
    }
}
