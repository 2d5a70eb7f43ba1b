using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>
/// A sequence, or an optional that holds nothing: a list that is known while the model is read and gone afterwards. Exporters write sequences for lists of
/// tensors whose length never changes (torch's split, stack and cat), so what is put in is what is taken out, and no node needs to know.
/// </summary>
/// <param name="name">For messages.</param>
/// <param name="items">The tensors (or sequences) in it; null for an empty optional.</param>
internal sealed class SequenceValue(string name, IReadOnlyList<Value>? items) : Value(name, new TensorType(ElementType.Undefined, Shape.Scalar))
{
    /// <summary>What is in it.</summary>
    public IReadOnlyList<Value> Items => items ?? [];

    /// <summary>True for an optional that holds nothing.</summary>
    public bool IsNothing => items is null;

    /// <summary>Refuses sequences where only tensors may be.</summary>
    /// <param name="values">What is read or returned.</param>
    /// <param name="title">The node, or null for the graph.</param>
    /// <param name="what">What would happen to it: "Relu reads".</param>
    /// <exception cref="CompileException">There is one among them.</exception>
    public static void Refuse(IEnumerable<Value?> values, string? title, string what)
    {
        if (values.OfType<SequenceValue>().FirstOrDefault() is { } sequence)
        {
            throw new CompileException(Catalogue.UnsupportedType(title, $"{what} '{sequence.Name}', {(sequence.IsNothing ? "an optional without content" : "a sequence")}; only tensors can be compiled there. Take its elements out first"));
        }
    }
}
