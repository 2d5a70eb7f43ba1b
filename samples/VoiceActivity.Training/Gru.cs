namespace VoiceActivity.Training;

/// <summary>
/// A gated recurrent unit with one output, trained by backpropagation through time and Adam. Gates in ONNX's order (update z, reset r, candidate n), reset applied
/// after the recurrent product: n = tanh(W x + b + r * (R h + c)), h' = (1 - z) n + z h, probability = sigmoid(v h' + d).
/// </summary>
internal sealed class Gru
{
    private readonly int inputs, hidden;
    private readonly float[] gradient, mean, variance;
    private int updates;

    /// <summary>Seeded random weights.</summary>
    public Gru(int inputs, int hidden, int seed)
    {
        (this.inputs, this.hidden) = (inputs, hidden);
        int gates = 3 * hidden;
        Weights = new float[(gates * inputs) + (gates * hidden) + (2 * gates) + hidden + 1];
        (W, R) = (0, gates * inputs);
        Wb = R + (gates * hidden);
        Rb = Wb + gates;
        V = Rb + gates;
        var random = new Random(seed);
        for (int i = 0; i < Wb; i++)
        {
            Weights[i] = (float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(i < R ? inputs : hidden));
        }

        for (int i = V; i < Weights.Length - 1; i++)
        {
            Weights[i] = (float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(hidden));
        }

        Kept = [.. Weights.Select(_ => true)];
        (gradient, mean, variance) = (new float[Weights.Length], new float[Weights.Length], new float[Weights.Length]);
    }

    /// <summary>All weights: W [3 hidden, inputs], R [3 hidden, hidden], b, c, v, d.</summary>
    public float[] Weights { get; }

    /// <summary>False for weights that were pruned.</summary>
    public bool[] Kept { get; }

    /// <summary>Where W, R, b, c and v begin.</summary>
    public int W { get; }

    /// <inheritdoc cref="W"/>
    public int R { get; }

    /// <inheritdoc cref="W"/>
    public int Wb { get; }

    /// <inheritdoc cref="W"/>
    public int Rb { get; }

    /// <inheritdoc cref="W"/>
    public int V { get; }

    /// <summary>Runs a sequence, adds its gradient, and gives the probabilities.</summary>
    public float[] Learn(float[][] x, bool[] speech, bool learn)
    {
        int frames = x.Length, gates = 3 * hidden;
        float[][] h = new float[frames + 1][], gate = new float[frames][], candidate = new float[frames][];
        var p = new float[frames];
        h[0] = new float[hidden];
        for (int t = 0; t < frames; t++)
        {
            (h[t + 1], gate[t], candidate[t]) = (new float[hidden], new float[gates], new float[hidden]);
            float logit = Weights[^1];
            for (int i = 0; i < hidden; i++)
            {
                float z = Sigmoid(Row(W, i, x[t]) + Row(R, i, h[t]) + Weights[Wb + i] + Weights[Rb + i]);
                float r = Sigmoid(Row(W, hidden + i, x[t]) + Row(R, hidden + i, h[t]) + Weights[Wb + hidden + i] + Weights[Rb + hidden + i]);
                float s = Row(R, (2 * hidden) + i, h[t]) + Weights[Rb + (2 * hidden) + i];
                float n = MathF.Tanh(Row(W, (2 * hidden) + i, x[t]) + Weights[Wb + (2 * hidden) + i] + (r * s));
                (gate[t][i], gate[t][hidden + i], gate[t][(2 * hidden) + i], candidate[t][i]) = (z, r, n, s);
                h[t + 1][i] = ((1 - z) * n) + (z * h[t][i]);
                logit += Weights[V + i] * h[t + 1][i];
            }

            p[t] = Sigmoid(logit);
        }

        if (learn)
        {
            Back(x, speech, h, gate, candidate, p);
        }

        return p;
    }

    /// <summary>One step of Adam over the gradients since the last.</summary>
    public void Update(float rate)
    {
        updates++;
        for (int i = 0; i < Weights.Length; i++)
        {
            mean[i] = (0.9f * mean[i]) + (0.1f * gradient[i]);
            variance[i] = (0.999f * variance[i]) + (0.001f * gradient[i] * gradient[i]);
            double m = mean[i] / (1 - Math.Pow(0.9, updates)), v = variance[i] / (1 - Math.Pow(0.999, updates));
            Weights[i] = Kept[i] ? Weights[i] - (float)(rate * m / (Math.Sqrt(v) + 1e-8)) : 0;
        }

        Array.Clear(gradient);
    }

    /// <summary>Sets the smallest weights of W and of R to zero for good.</summary>
    public void Prune(double share)
    {
        foreach ((int start, int end) in new[] { (W, R), (R, Wb) })
        {
            foreach (int i in Enumerable.Range(start, end - start).OrderBy(i => Math.Abs(Weights[i])).Take((int)(share * (end - start))))
            {
                (Weights[i], Kept[i]) = (0, false);
            }
        }
    }

    private void Back(float[][] x, bool[] speech, float[][] h, float[][] gate, float[][] candidate, float[] p)
    {
        var fromLater = new float[hidden];
        for (int t = x.Length - 1; t >= 0; t--)
        {
            float error = p[t] - (speech[t] ? 1 : 0);
            gradient[^1] += error;
            var before = new float[hidden];
            for (int i = 0; i < hidden; i++)
            {
                gradient[V + i] += error * h[t + 1][i];
                float dh = (error * Weights[V + i]) + fromLater[i];
                float z = gate[t][i], r = gate[t][hidden + i], n = gate[t][(2 * hidden) + i], s = candidate[t][i];
                float dn = dh * (1 - z) * (1 - (n * n)), dz = dh * (h[t][i] - n) * z * (1 - z), dr = dn * s * r * (1 - r);
                before[i] += dh * z;
                AddRow(i, dz, dz, x[t], h[t], before);
                AddRow(hidden + i, dr, dr, x[t], h[t], before);
                AddRow((2 * hidden) + i, dn, dn * r, x[t], h[t], before);
            }

            fromLater = before;
        }
    }

    private void AddRow(int row, float dw, float dr, float[] x, float[] h, float[] before)
    {
        gradient[Wb + row] += dw;
        gradient[Rb + row] += dr;
        for (int k = 0; k < inputs; k++)
        {
            gradient[W + (row * inputs) + k] += dw * x[k];
        }

        for (int k = 0; k < hidden; k++)
        {
            gradient[R + (row * hidden) + k] += dr * h[k];
            before[k] += dr * Weights[R + (row * hidden) + k];
        }
    }

    private float Row(int matrix, int row, float[] vector)
    {
        float sum = 0;
        for (int k = 0; k < vector.Length; k++)
        {
            sum += Weights[matrix + (row * vector.Length) + k] * vector[k];
        }

        return sum;
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
