using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>Types as declared in a model.</summary>
internal static class TypeReader
{
    /// <summary>An element type that the compiler can hold.</summary>
    /// <exception cref="CompileException">Not a number type.</exception>
    public static ElementType Element(int dataType, string? node, string what) => (ElementType)dataType switch
    {
        ElementType.String => throw new CompileException(Catalogue.UnsupportedType(node, $"{what} holds strings; only numbers can be compiled. Do the text processing outside of the model")),
        ElementType.Undefined => throw new CompileException(Catalogue.Malformed(node, $"{what} has no element type")),
        var type when Enum.IsDefined(type) => type,
        _ => throw new CompileException(Catalogue.Malformed(node, $"{what} has the unknown element type {dataType}")),
    };

    /// <summary>The tensor type of a declaration.</summary>
    /// <exception cref="CompileException">It is a sequence, an optional, a map or a sparse tensor, or there is none.</exception>
    public static TypeProto.Types.Tensor Tensor(TypeProto? type, string what) => (type?.ValueCase ?? TypeProto.ValueOneofCase.None) switch
    {
        TypeProto.ValueOneofCase.TensorType => type!.TensorType,
        TypeProto.ValueOneofCase.None => throw new CompileException(Catalogue.Malformed(null, $"{what} has no type; run ONNX shape inference on the model or export it with types")),
        var kind => throw new CompileException(Catalogue.UnsupportedType(null, $"{what} is {Kind(kind)}; only tensors can enter or leave a compiled model")),
    };

    private static string Kind(TypeProto.ValueOneofCase kind) => kind switch
    {
        TypeProto.ValueOneofCase.SequenceType => "a sequence",
        TypeProto.ValueOneofCase.MapType => "a map",
        TypeProto.ValueOneofCase.OptionalType => "an optional",
        _ => "a sparse tensor",
    };
}
