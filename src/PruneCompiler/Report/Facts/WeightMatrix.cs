using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Report;

/// <summary>The weights of a layer as [outputs][inputs][kernel positions], whatever the operator's own order is.</summary>
/// <param name="Values">Row-major content.</param>
/// <param name="Outputs">Filters, or rows of a product.</param>
/// <param name="Inputs">Input channels of one group, or the summed axis.</param>
/// <param name="Kernel">Kernel size per spatial axis; empty for matrices.</param>
public sealed record WeightMatrix(float[] Values, int Outputs, int Inputs, int[] Kernel)
{
    /// <summary>Kernel positions of one (output, input) pair.</summary>
    public int Taps { get; } = Kernel.Aggregate(1, (a, b) => a * b);

    /// <summary>The constant operands of a layer that are its weights (biases and states are none).</summary>
    public static IEnumerable<Value> ValuesOf(Node node)
    {
        int[] places = node.Operator.Name switch
        {
            "Conv" or "ConvTranspose" or "Recurrent" => [1],
            _ => [0, 1],
        };
        return places.Select(node.InputOrNull).Where(v => v is { Constant: not null }).Select(v => v!);
    }

    /// <summary>Reads one weight operand of a layer.</summary>
    /// <param name="definition">The layer's operator.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="second">True for input 1 of a matrix product, false for input 0.</param>
    /// <param name="tensor">The content.</param>
    public static WeightMatrix Of(Operator definition, Attributes attributes, bool second, Tensor tensor)
    {
        Shape shape = tensor.Shape;
        float[] values = Floats(tensor);
        switch (definition.Name)
        {
            case "Conv":
                return new WeightMatrix(values, shape[0], shape[1], shape.Dims[2..].ToArray());
            case "ConvTranspose":
                int taps = (int)Math.Max(1, shape.Count / Math.Max(1, shape[0] * shape[1]));
                return new WeightMatrix(Swap(values, shape[0], shape[1], taps), shape[1], shape[0], shape.Dims[2..].ToArray());
            case "Recurrent":
                return new WeightMatrix(values, shape[0] * shape[1], shape[2], []);
        }

        int rank = shape.Rank;
        if (rank < 2)
        {
            return new WeightMatrix(values, 1, values.Length, []);
        }

        // Rows of a first operand are outputs; columns of a second one are, unless it is stored transposed.
        bool transposed = attributes.Int(second ? "transB" : "transA") != 0;
        bool rows = second == transposed; // [outputs][inputs] already
        int matrices = (int)(shape.Count / Math.Max(1, shape[-1] * shape[-2]));
        int outer = matrices == 1 ? shape[-2] : (int)(shape.Count / Math.Max(1, shape[-1]));
        return rows || matrices != 1 ? new WeightMatrix(values, outer, shape[-1], []) : new WeightMatrix(Swap(values, shape[-2], shape[-1], 1), shape[-1], shape[-2], []);
    }

    private static float[] Floats(Tensor tensor)
    {
        if (tensor.Type == ElementType.Float32)
        {
            return tensor.As<float>().ToArray();
        }

        double[] values = WholeTensors.Doubles(tensor);
        return Array.ConvertAll(values, v => v != 0 && (float)v == 0 ? float.Epsilon : (float)v); // what is not zero must not become zero
    }

    private static float[] Swap(float[] values, int rows, int columns, int taps)
    {
        var result = new float[values.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                Array.Copy(values, ((r * columns) + c) * taps, result, ((c * rows) + r) * taps, taps);
            }
        }

        return result;
    }
}
