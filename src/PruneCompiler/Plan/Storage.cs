using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan;

/// <summary>Where a value's elements lie: element (i0, i1, ...) is at Place + i0 * Strides[0] + i1 * Strides[1] + ...</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Place">Address of element (0, 0, ...).</param>
/// <param name="Strides">Elements between neighbours, per axis.</param>
public sealed record Storage(ElementType Type, Shape Shape, Place Place, long[] Strides)
{
    /// <summary>The panel layout of a whole activation that lies in one, with its zero border; else null.</summary>
    public PanelLayout? Panel { get; init; }

    /// <summary>The layout of whole 8-bit activations whose channels lie side by side; else null.</summary>
    public ChannelLastLayout? ChannelLast { get; init; }

    /// <summary>True when the elements are contiguous and row-major.</summary>
    public bool IsPlain
    {
        get
        {
            int[] plain = Shape.Strides();
            for (int i = 0; i < plain.Length; i++)
            {
                if (Shape[i] != 1 && Strides[i] != plain[i])
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Contiguous row-major storage at <paramref name="place"/>.</summary>
    public static Storage Plain(ElementType type, Shape shape, Place place) => new(type, shape, place, Array.ConvertAll(shape.Strides(), s => (long)s));

    /// <summary>The same storage, starting <paramref name="elements"/> further on.</summary>
    public Place At(long elements) => Place switch
    {
        BufferPlace buffer => buffer with { Offset = buffer.Offset + elements },
        WeightsPlace weights => weights with { Offset = weights.Offset + (elements * Type.Size()) },
        _ => throw new NotSupportedException(),
    };
}
