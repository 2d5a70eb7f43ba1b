using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The attributes of Resize and Upsample, as the functions that they stand for.</summary>
internal sealed class ResizeMode
{
    private readonly string coordinates;
    private readonly string rounding;
    private readonly bool cubic;
    private readonly bool antialias;
    private readonly double a;

    /// <summary>Reads the attributes; before opset 11 there were none but mode.</summary>
    /// <exception cref="OperatorException">One of them is unknown.</exception>
    public ResizeMode(Node node)
    {
        bool old = node.Operator.Name == "Upsample" || node.Opset < 11;
        string mode = node.Attributes.Text("mode", "nearest");
        Nearest = mode == "nearest";
        cubic = mode == "cubic";
        if (mode is not ("nearest" or "linear" or "cubic" or "bilinear"))
        {
            throw new OperatorException(node, $"mode '{mode}' is none of nearest, linear, cubic");
        }

        coordinates = old ? "asymmetric" : node.Attributes.Text("coordinate_transformation_mode", "half_pixel");
        if (coordinates is not ("half_pixel" or "half_pixel_symmetric" or "pytorch_half_pixel" or "align_corners" or "asymmetric" or "tf_crop_and_resize" or "tf_half_pixel_for_nn"))
        {
            throw new OperatorException(node, $"coordinate_transformation_mode '{coordinates}' is unknown");
        }

        rounding = old ? "simple" : node.Attributes.Text("nearest_mode", "round_prefer_floor");
        if (rounding is not ("simple" or "round_prefer_floor" or "round_prefer_ceil" or "floor" or "ceil"))
        {
            throw new OperatorException(node, $"nearest_mode '{rounding}' is unknown");
        }

        antialias = node.Attributes.Int("antialias") != 0;
        ExcludeOutside = node.Attributes.Int("exclude_outside") != 0;
        a = node.Attributes.Float("cubic_coeff_a", -0.75f);
    }

    /// <summary>True when elements are picked, false when they are summed.</summary>
    public bool Nearest { get; }

    /// <summary>True when weights of neighbours outside of the input are dropped.</summary>
    public bool ExcludeOutside { get; }

    /// <summary>True when positions outside of the input get a given value.</summary>
    public bool Extrapolates => coordinates == "tf_crop_and_resize";

    /// <summary>How many neighbours are summed.</summary>
    public int Taps(float scale) => Nearest ? 1 : 2 - (2 * FirstTap(scale));

    /// <summary>The first neighbour, counted from the last element before the position.</summary>
    public int FirstTap(float scale) => (int)Math.Floor(-(cubic ? 2 : 1) / Widening(scale)) + 1;

    /// <summary>Where in the input the output position <paramref name="x"/> lies. Single precision, as in other runtimes: ties depend on it.</summary>
    public float Source(int x, int input, int output, float scale, float start, float end) => coordinates switch
    {
        "align_corners" => output == 1 ? 0 : x * (input - 1) / (Width(input, output, scale) - 1),
        "asymmetric" => x / scale,
        "tf_half_pixel_for_nn" => (x + 0.5f) / scale,
        "pytorch_half_pixel" => output > 1 ? ((x + 0.5f) / scale) - 0.5f : 0,
        "half_pixel_symmetric" => (input / 2f * (1 - (output / (scale * input)))) + ((x + 0.5f) / scale) - 0.5f,
        "tf_crop_and_resize" => output > 1
            ? (start * (input - 1)) + (x * (end - start) * (input - 1) / (Width(input, output, scale) - 1))
            : 0.5f * (start + end) * (input - 1),
        _ => scale == 1 ? x : ((x + 0.5f) / scale) - 0.5f,
    };

    /// <summary>The element nearest to a position; may lie outside of the input.</summary>
    public int Round(float at, float scale) => (int)(rounding switch
    {
        "floor" => MathF.Floor(at),
        "ceil" => MathF.Ceiling(at),
        "round_prefer_ceil" => MathF.Floor(at + 0.5f),
        "simple" => scale < 1 ? MathF.Ceiling(at) : MathF.Floor(at),
        _ => MathF.Ceiling(at - 0.5f),
    });

    /// <summary>The weight, not yet normalised, of a neighbour at a distance from the position (cubic: Keys, 1981).</summary>
    public double Weight(double distance, float scale)
    {
        double x = Math.Abs(distance) * Widening(scale);
        if (!cubic)
        {
            return Math.Max(0, 1 - x);
        }

        return x <= 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? (((((a * x) - (5 * a)) * x) + (8 * a)) * x) - (4 * a)
            : 0;
    }

    // ONNX's reference takes the resized length before it is rounded down; where that is the length itself, rounding must not shift it.
    private static float Width(int input, int output, float scale) => Math.Abs((scale * input) - output) < 1e-3f ? output : scale * input;

    // With antialias, shrinking makes the filter wider.
    private double Widening(float scale) => antialias ? Math.Min(scale, 1.0) : 1;
}
