using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The equation of an <see cref="Einsum"/> with a letter per axis; the axes of "..." are named by digits and beyond, aligned at the right as broadcasting does.</summary>
/// <param name="Operands">Axis names of each operand.</param>
/// <param name="Result">Axis names of the result.</param>
/// <param name="Sizes">Size per axis name.</param>
internal sealed record EinsumEquation(string[] Operands, string Result, IReadOnlyDictionary<char, int> Sizes)
{
    // Names for the axes of an ellipsis, counted from the right: no letter, and ordered so that the rightmost comes last.
    private const char LastEllipsisAxis = '\u2fff';

    public static EinsumEquation Parse(Node node)
    {
        string text = string.Concat(node.Attributes.Text("equation").Where(c => !char.IsWhiteSpace(c)));
        string[] sides = text.Split("->");
        string[] operands = sides[0].Split(',');
        if (sides.Length > 2 || operands.Length != node.Inputs.Count)
        {
            throw new OperatorException(node, $"the equation '{text}' does not fit {node.Inputs.Count} inputs");
        }

        var sizes = new Dictionary<char, int>();
        int ellipsis = 0;
        for (int i = 0; i < operands.Length; i++)
        {
            Shape shape = node.Input(i).Shape;
            int extra = shape.Rank - (operands[i].Length - (operands[i].Contains("...") ? 3 : 0));
            if (extra < 0 || (extra > 0 && !operands[i].Contains("...")))
            {
                throw new OperatorException(node, $"'{operands[i]}' does not name the {shape.Rank} axes of {shape}");
            }

            ellipsis = Math.Max(ellipsis, extra);
            operands[i] = operands[i].Replace("...", EllipsisAxes(extra));
            for (int d = 0; d < shape.Rank; d++)
            {
                int known = sizes.GetValueOrDefault(operands[i][d], 1);
                if (known != 1 && shape[d] != 1 && known != shape[d])
                {
                    throw new OperatorException(node, $"axis '{operands[i][d]}' has sizes {known} and {shape[d]}");
                }

                sizes[operands[i][d]] = Math.Max(known, shape[d]);
                if (known == 1 && shape[d] == 0)
                {
                    sizes[operands[i][d]] = 0;
                }
            }
        }

        // Without "->" the result has all names that occur once, in the order of the alphabet, behind the ellipsis.
        string all = string.Concat(operands);
        string result = sides.Length == 2
            ? sides[1].Replace("...", EllipsisAxes(ellipsis))
            : EllipsisAxes(ellipsis) + string.Concat(all.Where(c => char.IsAsciiLetter(c) && all.Count(o => o == c) == 1).Order());
        return result.All(sizes.ContainsKey) && result.Distinct().Count() == result.Length
            ? new EinsumEquation(operands, result, sizes)
            : throw new OperatorException(node, $"the result of '{text}' names axes that are not there, or twice");
    }

    private static string EllipsisAxes(int count) => string.Concat(Enumerable.Range(0, count).Select(i => (char)(LastEllipsisAxis - (count - 1 - i))));
}
