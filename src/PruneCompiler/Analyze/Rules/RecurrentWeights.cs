using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Analyze;

/// <summary>Which recurrent weights [directions, gates * hidden, hidden] are there.</summary>
internal sealed class RecurrentWeights
{
    private readonly float[] values;
    private readonly int[][] units;
    private readonly int hidden;

    private RecurrentWeights(Node node, bool[] zeros)
    {
        Tensor r = node.ConstantInput(1)!;
        values = r.As<float>().ToArray();
        hidden = r.Shape[2];
        Gates = RecurrentLayer.Gates(RecurrentLayer.Kind(node));
        units = Enumerable.Range(0, hidden == 0 ? 0 : zeros.Length / hidden).Select(row => Grid.Range(hidden).Where(k => !zeros[(row * hidden) + k]).ToArray()).ToArray();
    }

    /// <summary>Gates of a unit.</summary>
    public int Gates { get; }

    /// <summary>Weights that are not zero.</summary>
    public long Count => units.Sum(u => (long)u.Length);

    /// <summary>The weight of one unit's state in a gate of another.</summary>
    public double this[int direction, int gate, int unit, int from] => values[(Row(direction, gate, unit) * hidden) + from];

    /// <summary>The weights of a node.</summary>
    public static RecurrentWeights Of(Node node, FactTable facts) => new(node, facts.Zeros(node.Input(1)));

    /// <summary>The units whose states a gate of a unit reads.</summary>
    public int[] UnitsOf(int direction, int gate, int unit) => units[Row(direction, gate, unit)];

    private int Row(int direction, int gate, int unit) => (((direction * Gates) + gate) * hidden) + unit;
}
