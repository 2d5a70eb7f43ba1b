using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using Dimension = Onnx.TensorShapeProto.Types.Dimension;

namespace PruneCompiler.Import;

/// <summary>
/// Gives every dimension of the graph's inputs a size. A symbolic name binds everywhere; an unknown dimension without name is called INPUT.AXIS
/// ("image.2"). What the options do not say is 1 for leading axes and an error elsewhere.
/// </summary>
internal sealed class DimensionBinder
{
    private readonly ImportContext context;
    private readonly SortedDictionary<string, int> sizes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> known = new(StringComparer.Ordinal);

    public DimensionBinder(ImportContext context, IReadOnlyList<ValueInfoProto> inputs)
    {
        this.context = context;
        foreach (ValueInfoProto input in inputs)
        {
            Collect(input);
        }

        Check();
        foreach (ValueInfoProto input in inputs)
        {
            if (context.Options.BoundInputs.TryGetValue(input.Name, out Tensor? bound))
            {
                Learn(input, bound.Shape);
            }
        }

        foreach (ValueInfoProto input in inputs)
        {
            BindLeading(input);
        }
    }

    /// <summary>The type of an input with all sizes known.</summary>
    public TensorType Bind(ValueInfoProto input)
    {
        string what = $"input '{input.Name}'";
        TypeProto.Types.Tensor type = TypeReader.Tensor(input.Type, what);
        ElementType element = TypeReader.Element(type.ElemType, null, what);
        if (type.Shape is null)
        {
            throw new CompileException(Catalogue.Malformed(null, $"{what} has no shape; export the model with the number of dimensions, at least symbolic ones"));
        }

        var errors = new List<Diagnostic>();
        var dims = new int[type.Shape.Dim.Count];
        long count = 1;
        for (int axis = 0; axis < dims.Length; axis++)
        {
            Dimension dim = type.Shape.Dim[axis];
            if (NameOf(input.Name, axis, dim) is { } name)
            {
                if (!sizes.TryGetValue(name, out dims[axis]))
                {
                    errors.Add(Catalogue.UnboundDimension(input.Name, name));
                }
            }
            else
            {
                dims[axis] = dim.DimValue > int.MaxValue ? throw TooLarge() : (int)dim.DimValue;
            }

            count *= Math.Max(dims[axis], 1);
            if (count > TensorReader.MaximumElements)
            {
                throw TooLarge();
            }
        }

        return errors.Count == 0 ? new TensorType(element, new Shape(dims)) : throw new CompileException(errors);

        CompileException TooLarge() => new(Catalogue.TooLarge(null, $"{what} has more than {TensorReader.MaximumElements} elements"));
    }

    /// <summary>The size of a symbolic dimension, or null when it has none.</summary>
    public int? Size(string name) => sizes.TryGetValue(name, out int size) ? size : null;

    // The name of a dimension that the model leaves open; null when it has a size. Some exporters write -1 for unknown.
    internal static string? NameOf(string input, int axis, Dimension dim) => dim.ValueCase switch
    {
        Dimension.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => dim.DimParam,
        Dimension.ValueOneofCase.DimValue when dim.DimValue >= 0 => null,
        _ => $"{input}.{axis}",
    };

    private void Collect(ValueInfoProto input)
    {
        for (int axis = 0; axis < (input.Type?.TensorType?.Shape?.Dim.Count ?? 0); axis++)
        {
            if (NameOf(input.Name, axis, input.Type!.TensorType.Shape.Dim[axis]) is { } name)
            {
                known.TryAdd(name, input.Name);
            }
        }
    }

    private void Check()
    {
        foreach ((string name, int size) in context.Options.Dimensions.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            if (!known.ContainsKey(name))
            {
                string have = known.Count == 0 ? "it has none" : $"it has {string.Join(", ", known.Keys.Select(k => $"'{k}'"))}";
                throw new CompileException(Catalogue.BadOption($"the model has no open dimension '{name}' ({have})"));
            }

            if (size < 0)
            {
                throw new CompileException(Catalogue.BadOption($"dimension '{name}' cannot be {size}"));
            }

            sizes[name] = size;
        }
    }

    // An input that is bound to a tensor tells the sizes of its names.
    private void Learn(ValueInfoProto input, Shape shape)
    {
        if (input.Type?.TensorType?.Shape is not { } declared || declared.Dim.Count != shape.Rank)
        {
            return;
        }

        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (NameOf(input.Name, axis, declared.Dim[axis]) is { } name && !context.Options.Dimensions.ContainsKey(name))
            {
                sizes[name] = shape[axis];
            }
        }
    }

    private void BindLeading(ValueInfoProto input)
    {
        if (input.Type?.TensorType?.Shape?.Dim.FirstOrDefault() is { } first && NameOf(input.Name, 0, first) is { } name && !sizes.ContainsKey(name)
            && !context.Options.BoundInputs.ContainsKey(input.Name))
        {
            sizes[name] = 1;
            context.Diagnostics.Add(Catalogue.BatchIsOne(input.Name, name));
        }
    }
}
