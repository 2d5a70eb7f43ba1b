namespace VoiceActivity.Training;

/// <summary>The model's first layers: Hann window and Fourier transform of a frame, its power, and 24 bands on the mel scale.</summary>
internal static class FilterBank
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 16_000;

    /// <summary>Samples of a frame: 32 ms.</summary>
    public const int Frame = 512;

    /// <summary>Frequencies from 0 to 4 kHz, where speech is.</summary>
    public const int Bins = 129;

    /// <summary>Bands.</summary>
    public const int Bands = 24;

    /// <summary>What is added to the power of a band before its logarithm.</summary>
    public const float Floor = 1e-6f;

    /// <summary>[Frame, 2 * Bins]: real parts, then imaginary ones.</summary>
    public static float[,] Transform { get; } = MakeTransform();

    /// <summary>[Bins, Bands]: triangles, 93 % zeros.</summary>
    public static float[,] Mel { get; } = MakeMel();

    /// <summary>Logarithms of a frame's bands.</summary>
    public static float[] Analyze(ReadOnlySpan<float> frame)
    {
        var spectrum = new float[2 * Bins];
        for (int n = 0; n < Frame; n++)
        {
            for (int k = 0; k < spectrum.Length; k++)
            {
                spectrum[k] += frame[n] * Transform[n, k];
            }
        }

        var bands = new float[Bands];
        for (int band = 0; band < Bands; band++)
        {
            float power = 0;
            for (int k = 0; k < Bins; k++)
            {
                power += Mel[k, band] * ((spectrum[k] * spectrum[k]) + (spectrum[Bins + k] * spectrum[Bins + k]));
            }

            bands[band] = MathF.Log(power + Floor);
        }

        return bands;
    }

    private static float[,] MakeTransform()
    {
        var matrix = new float[Frame, 2 * Bins];
        for (int n = 0; n < Frame; n++)
        {
            double window = 0.5 - (0.5 * Math.Cos(2 * Math.PI * n / Frame));
            for (int k = 0; k < Bins; k++)
            {
                double angle = 2 * Math.PI * k * n / Frame;
                (matrix[n, k], matrix[n, Bins + k]) = ((float)(window * Math.Cos(angle) / 16), (float)(-window * Math.Sin(angle) / 16));
            }
        }

        return matrix;
    }

    private static float[,] MakeMel()
    {
        static double ToMel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));
        static double FromMel(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);

        double low = ToMel(100), high = ToMel(4000);
        double[] edges = [.. Enumerable.Range(0, Bands + 2).Select(i => FromMel(low + ((high - low) * i / (Bands + 1))))];
        var matrix = new float[Bins, Bands];
        for (int k = 0; k < Bins; k++)
        {
            double hertz = (double)k * Rate / Frame;
            for (int band = 0; band < Bands; band++)
            {
                double up = (hertz - edges[band]) / (edges[band + 1] - edges[band]), down = (edges[band + 2] - hertz) / (edges[band + 2] - edges[band + 1]);
                matrix[k, band] = (float)Math.Max(0, Math.Min(up, down));
            }
        }

        return matrix;
    }
}
