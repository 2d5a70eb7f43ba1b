using Onnx;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>What a model declares about its inputs, for callers that bring data: test cases and tools.</summary>
public static class ModelInputs
{
    /// <summary>Names of the inputs that a caller gives, in graph order (initializers are not among them).</summary>
    public static IReadOnlyList<string> Names(string modelFile) => Given(modelFile).Select(i => i.Name).ToList();

    /// <summary>The sizes of symbolic dimensions that follow from the shapes of given inputs.</summary>
    public static IReadOnlyDictionary<string, int> Dimensions(string modelFile, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ValueInfoProto input in Given(modelFile))
        {
            if (!inputs.TryGetValue(input.Name, out Tensor? tensor) || input.Type?.TensorType?.Shape is not { } shape)
            {
                continue;
            }

            for (int axis = 0; axis < Math.Min(shape.Dim.Count, tensor.Shape.Rank); axis++)
            {
                if (DimensionBinder.NameOf(input.Name, axis, shape.Dim[axis]) is { } symbol)
                {
                    sizes.TryAdd(symbol, tensor.Shape[axis]);
                }
            }
        }

        return sizes;
    }

    private static IEnumerable<ValueInfoProto> Given(string modelFile)
    {
        GraphProto graph = ProtoReader.Read(modelFile).Model.Graph;
        var initializers = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return graph.Input.Where(i => !initializers.Contains(i.Name));
    }
}
