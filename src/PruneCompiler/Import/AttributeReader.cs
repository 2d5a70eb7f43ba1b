using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using Kind = Onnx.AttributeProto.Types.AttributeType;

namespace PruneCompiler.Import;

/// <summary>Attributes of a node -> <see cref="Attributes"/>. Subgraphs are left to whoever reads the node.</summary>
internal static class AttributeReader
{
    /// <summary>The attributes that hold values.</summary>
    public static Attributes Read(IEnumerable<AttributeProto> protos, TensorReader tensors, string node)
    {
        var result = new Attributes();
        foreach (AttributeProto proto in protos)
        {
            object? value = Value(proto, tensors, node);
            if (value is null)
            {
                continue;
            }

            if (result.Has(proto.Name))
            {
                throw new CompileException(Catalogue.Malformed(node, $"the attribute '{proto.Name}' is given twice"));
            }

            result.Set(proto.Name, value);
        }

        return result;
    }

    /// <summary>
    /// The attributes as they are inside a function's body: a reference to a parameter of the function becomes what the caller gave,
    /// or the default; with neither, the attribute is left out.
    /// </summary>
    public static IEnumerable<AttributeProto> Bind(IEnumerable<AttributeProto> protos, IReadOnlyDictionary<string, AttributeProto>? parameters)
    {
        foreach (AttributeProto proto in protos)
        {
            if (proto.RefAttrName.Length == 0)
            {
                yield return proto;
            }
            else if (parameters is not null && parameters.TryGetValue(proto.RefAttrName, out AttributeProto? given))
            {
                AttributeProto bound = given.Clone();
                bound.Name = proto.Name;
                yield return bound;
            }
        }
    }

    private static object? Value(AttributeProto proto, TensorReader tensors, string node)
    {
        switch (KindOf(proto))
        {
            case Kind.Float:
                return proto.F;
            case Kind.Int:
                return proto.I;
            case Kind.String:
                return proto.S.ToStringUtf8();
            case Kind.Tensor:
                return proto.T is null ? throw Empty(proto, node) : tensors.Read(proto.T, node);
            case Kind.SparseTensor:
                return proto.SparseTensor is null ? throw Empty(proto, node) : tensors.Read(proto.SparseTensor, node);
            case Kind.Floats:
                return proto.Floats.ToArray();
            case Kind.Ints:
                return proto.Ints.ToArray();
            case Kind.Strings:
                return proto.Strings.Select(s => s.ToStringUtf8()).ToArray();
            default:
                return null; // graphs are read with their node; types and lists of tensors have no user among the operators
        }
    }

    private static CompileException Empty(AttributeProto proto, string node) => new(Catalogue.Malformed(node, $"the attribute '{proto.Name}' is empty"));

    // Files of the first IR versions leave the type out: it follows from the field that is filled.
    private static Kind KindOf(AttributeProto proto) => proto.Type != Kind.Undefined ? proto.Type
        : proto.HasF ? Kind.Float
        : proto.HasI ? Kind.Int
        : proto.HasS ? Kind.String
        : proto.T is not null ? Kind.Tensor
        : proto.Floats.Count > 0 ? Kind.Floats
        : proto.Strings.Count > 0 ? Kind.Strings
        : proto.SparseTensor is not null ? Kind.SparseTensor
        : proto.G is not null ? Kind.Graph
        : Kind.Ints;
}
