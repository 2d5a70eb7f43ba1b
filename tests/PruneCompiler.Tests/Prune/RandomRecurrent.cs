using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>A random recurrent layer whose units are partly dead, with a consumer that reads some of them.</summary>
internal sealed class RandomRecurrent
{
    public const int Steps = 4, Batch = 2, Inputs = 3, Hidden = 6;

    private readonly Random random;
    private readonly double dead;

    public RandomRecurrent(int seed)
    {
        random = new Random(seed);
        Layer = new[] { "RNN", "GRU", "LSTM" }[random.Next(3)];
        Direction = new[] { "forward", "reverse", "bidirectional" }[random.Next(3)];
        Linear = Layer == "GRU" && random.Next(2) == 0;
        Directions = Direction == "bidirectional" ? 2 : 1;
        Gates = Layer switch { "RNN" => 1, "GRU" => 3, _ => 4 };
        dead = random.NextDouble() * 0.8;
        bool states = random.Next(3) == 0, bias = random.Next(3) > 0, peepholes = Layer == "LSTM" && random.Next(2) == 0;
        Lengths = random.Next(3) == 0;
        W = new float[Directions * Gates * Hidden * Inputs];
        R = new float[Directions * Gates * Hidden * Hidden];
        B = new float[Directions * 2 * Gates * Hidden];
        H = new float[Directions * Batch * Hidden];
        C = new float[Directions * Batch * Hidden];
        P = new float[Directions * 3 * Hidden];
        Fill(bias, states, peepholes);
        Head = Numbers((Layer == "LSTM" ? 3 : 2) * Hidden * Directions * 4);
        for (int i = 0; i < Head.Length; i++)
        {
            Head[i] = random.NextDouble() < dead && i % 4 == 0 ? 0 : Head[i];
        }

        for (int row = 0; row < Head.Length / 4; row++)
        {
            if (random.NextDouble() < dead)
            {
                Head.AsSpan(row * 4, 4).Clear();
            }
        }
    }

    public string Layer { get; }

    public string Direction { get; }

    public bool Linear { get; }

    public bool Lengths { get; }

    public int Directions { get; }

    public int Gates { get; }

    public float[] W { get; }

    public float[] R { get; }

    public float[] B { get; }

    public float[] H { get; }

    public float[] C { get; }

    public float[] P { get; }

    public float[] Head { get; }

    /// <summary>The model. Its outputs: one that reads what <see cref="Head"/> lets through, and with <paramref name="all"/> the sequence itself.</summary>
    /// <param name="all">Adds Y as an output.</param>
    /// <param name="disturbed">A unit of all directions (direction * Hidden + unit) whose own weights are replaced; -1 for none.</param>
    public OnnxBuilder Model(bool all = false, int disturbed = -1)
    {
        float[] w = Disturb(W, Inputs, disturbed), r = Disturb(R, Hidden, disturbed);
        OnnxBuilder model = new OnnxBuilder(14).Input("x", Steps, Batch, Inputs)
            .Initializer("W", [Directions, Gates * Hidden, Inputs], w).Initializer("R", [Directions, Gates * Hidden, Hidden], r)
            .Initializer("B", [Directions, 2 * Gates * Hidden], B).Initializer("H", [Directions, Batch, Hidden], H).Initializer("C", [Directions, Batch, Hidden], C)
            .Initializer("P", [Directions, 3 * Hidden], P).Initializer("lengths", Tensor.Vector(Steps, 2));
        string[] inputs = ["x", "W", "R", "B", Lengths ? "lengths" : "", "H", .. Layer == "LSTM" ? new[] { "C", "P" } : []];
        string[] outputs = Layer == "LSTM" ? ["Y", "Yh", "Yc"] : ["Y", "Yh"];
        model.Node(Layer, inputs, outputs, [("hidden_size", Hidden), ("direction", Direction), .. Layer == "GRU" ? new (string, object)[] { ("linear_before_reset", Linear ? 1 : 0) } : []]);
        int width = Directions * Hidden;
        model.Initializer("sequence", (long)Steps, Batch, width).Initializer("last", (long)Batch, width)
            .Node("Transpose", ["Y"], ["t0"], ("perm", new[] { 0, 2, 1, 3 })).Node("Reshape", ["t0", "sequence"], ["f0"])
            .Initializer("h0", [width, 4], Head[..(width * 4)]).Node("MatMul", ["f0", "h0"], ["y0"]).Output("y0");
        for (int i = 1; i < outputs.Length; i++)
        {
            model.Node("Transpose", [outputs[i]], [$"t{i}"], ("perm", new[] { 1, 0, 2 })).Node("Reshape", [$"t{i}", "last"], [$"f{i}"])
                .Initializer($"h{i}", [width, 4], Head[(i * width * 4)..((i + 1) * width * 4)]).Node("MatMul", [$"f{i}", $"h{i}"], [$"y{i}"]).Output($"y{i}");
        }

        return all ? outputs.Aggregate(model, (m, o) => m.Output(o)) : model;
    }

    private float[] Disturb(float[] weights, int columns, int disturbed)
    {
        float[] copy = (float[])weights.Clone();
        var noise = new Random(7);
        for (int row = 0; row < copy.Length / columns && disturbed >= 0; row++)
        {
            for (int c = 0; c < columns && row / (Gates * Hidden) == disturbed / Hidden && row % Hidden == disturbed % Hidden; c++)
            {
                copy[(row * columns) + c] = noise.NextSingle() - 0.3f;
            }
        }

        return copy;
    }

    private void Fill(bool bias, bool states, bool peepholes)
    {
        Numbers(W.Length).CopyTo(W, 0);
        Numbers(R.Length).CopyTo(R, 0);
        Numbers(B.Length).CopyTo(B, 0);
        Numbers(H.Length).CopyTo(H, 0);
        Numbers(C.Length).CopyTo(C, 0);
        Numbers(P.Length).CopyTo(P, 0);
        for (int unit = 0; unit < Directions * Hidden; unit++)
        {
            int d = unit / Hidden, i = unit % Hidden;
            bool zero = random.NextDouble() < dead, candidate = random.NextDouble() < dead / 3, unread = random.NextDouble() < dead / 2, quiet = !bias || Linear || random.Next(2) == 0;
            for (int gate = 0; gate < Gates; gate++)
            {
                int row = (((d * Gates) + gate) * Hidden) + i;
                if (zero || (candidate && gate == Gates - 1))
                {
                    W.AsSpan(row * Inputs, Inputs).Clear();
                    R.AsSpan(row * Hidden, Hidden).Clear();
                    B[(((d * 2 * Gates) + gate) * Hidden) + i] = quiet ? 0 : B[(((d * 2 * Gates) + gate) * Hidden) + i];
                    B[(((d * 2 * Gates) + Gates + gate) * Hidden) + i] = 0;
                }

                for (int k = 0; k < Hidden; k++)
                {
                    R[(row * Hidden) + k] = random.NextDouble() < dead / 2 ? 0 : R[(row * Hidden) + k];
                }
            }

            for (int row = d * Gates * Hidden; unread && row < (d + 1) * Gates * Hidden; row++)
            {
                R[(row * Hidden) + i] = 0;
            }

            for (int b = 0; b < Batch; b++)
            {
                int at = (((d * Batch) + b) * Hidden) + i;
                H[at] = states && !zero && !candidate ? H[at] : 0;
                C[at] = states && !zero && !candidate ? C[at] : 0;
            }
        }

        if (!bias)
        {
            B.AsSpan().Clear();
        }

        if (!peepholes)
        {
            P.AsSpan().Clear();
        }
    }

    private float[] Numbers(int count) => Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.4f) * 1.5f).ToArray();
}
