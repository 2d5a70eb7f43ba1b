using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

/// <summary>Operators of ONNX Runtime's own domain, as its optimiser and its quantiser write them.</summary>
public class ContribSweep
{
    [Fact]
    public void Layers_with_an_activation_fused_in()
    {
        var data = new SweepData(91);
        var cases = new List<SweepCase>();
        (string Name, float[] Parameters)[] activations = [("Relu", []), ("Tanh", []), ("Sigmoid", []), ("LeakyRelu", [0.2f]), ("Clip", [-0.5f, 1.5f]), ("HardSigmoid", [0.3f, 0.4f])];
        foreach ((string name, float[] parameters) in activations)
        {
            SweepInput w = Fixed(data.Any(4, 3, 3, 3)), b = Fixed(data.Any(4));
            cases.Add(Contrib("FusedConv", [data.Any(1, 3, 7, 6), w, b], ("activation", name), ("activation_params", parameters), ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(Contrib("FusedConv", [data.Any(1, 3, 7, 6), w, null, data.Any(1, 4, 5, 4)], ("activation", name), ("activation_params", parameters)));
            (string, object)[] attributes = [("activation", name), ("transB", 1), ("alpha", 0.5f), .. parameters.Zip(["activation_alpha", "activation_beta"], (p, n) => (n, (object)p))];
            if (name is not ("Clip" or "Tanh"))
            {
                cases.Add(Contrib("FusedGemm", [data.Any(3, 6), Fixed(data.Any(5, 6)), Fixed(data.Any(5))], attributes));
            }
        }

        cases.Add(Contrib("TransposeMatMul", [data.Any(2, 4, 3), data.Any(2, 4, 5)], ("transA", 1), ("alpha", 0.3f)));
        cases.Add(Contrib("FusedMatMul", [data.Any(2, 3, 4), data.Any(2, 5, 4)], ("transB", 1), ("alpha", 0.3f)));
        Sweeping.Check(17, cases);
    }

    [Fact]
    public void Channels_last()
    {
        var data = new SweepData(92);
        var cases = new List<SweepCase>();
        SweepInput Scale() => Fixed(data.Between(ElementType.Float32, 0.01, 0.02));
        foreach (ElementType t in new[] { ElementType.Int8, ElementType.UInt8 })
        {
            SweepInput Zero() => Fixed(data.Between(t, 1, 9));
            cases.Add(Contrib("NhwcMaxPool", [data.Any(t, 1, 7, 8, 3)], ("kernel_shape", new[] { 2, 3 }), ("strides", new[] { 2, 2 })));
            cases.Add(Contrib("QLinearConv", [data.Any(t, 1, 7, 8, 3), Scale(), Zero(), Fixed(data.Any(ElementType.Int8, 4, 3, 3, 3)), Fixed(data.Between(ElementType.Float32, 0.01, 0.02, 4)), Fixed(new Tensor(ElementType.Int8, new Shape(4))), Fixed(Tensor.Scalar(0.4f)), Zero(), Fixed(data.Any(ElementType.Int32, 4))], ("pads", new[] { 1, 1, 1, 1 }), ("channels_last", 1)));
            cases.Add(Contrib("QLinearConv", [data.Any(t, 1, 7, 8, 4), Scale(), Zero(), Fixed(data.Any(ElementType.Int8, 4, 1, 3, 3)), Scale(), Fixed(Tensor.Scalar((sbyte)0)), Fixed(Tensor.Scalar(0.2f)), Zero()], ("group", 4), ("channels_last", 1)));
            cases.Add(Contrib("QLinearConv", [data.Any(t, 1, 3, 7, 8), Scale(), Zero(), Fixed(data.Any(ElementType.Int8, 4, 3, 3, 3)), Scale(), Fixed(Tensor.Scalar((sbyte)0)), Fixed(Tensor.Scalar(0.4f)), Zero()]));
            cases.Add(Contrib("QLinearAveragePool", [data.Any(t, 1, 6, 8, 3), Scale(), Zero(), Scale(), Zero()], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }), ("channels_last", 1)));
            cases.Add(Contrib("QLinearGlobalAveragePool", [data.Any(t, 2, 5, 4, 3), Scale(), Zero(), Scale(), Zero()], ("channels_last", 1)));
            cases.Add(Contrib("QLinearGlobalAveragePool", [data.Any(t, 2, 3, 5, 4), Scale(), Zero(), Scale(), Zero()], ("channels_last", 0)));
        }

        // Means that lie between two integers are rounded by ONNX Runtime in another order.
        Sweeping.Check(17, cases.Select(c => c with { Tolerance = 0.02 }));
    }

    [Fact]
    public void Activations_quantised_in_the_run()
    {
        var data = new SweepData(96);
        var cases = new List<SweepCase>();
        foreach (int k in new[] { 12, 37, 64, 600, 1100 })
        {
            foreach (ElementType t in new[] { ElementType.Int8, ElementType.UInt8 })
            {
                SweepInput w = Fixed(data.Between(t, t == ElementType.Int8 ? -128 : 0, t == ElementType.Int8 ? 128 : 256, k, 21)), zeros = Fixed(data.Between(t, 0, 9, 21));
                foreach (int m in new[] { 1, 3, 17 })
                {
                    cases.Add(new("MatMulInteger", [data.Between(ElementType.UInt8, 0, 256, m, k), w, data.Between(ElementType.UInt8, 0, 256), Fixed(data.Between(t, 0, 9))]) { OracleRuns = true });
                    cases.Add(Contrib("DynamicQuantizeMatMul", [data.Any(2, m, k), w, Fixed(data.Between(ElementType.Float32, 0.01, 0.02, 21)), zeros, Fixed(data.Any(21))]));
                }
            }
        }

        Sweeping.Check(17, cases);
    }

    [Fact]
    public void Weights_of_few_bits()
    {
        var data = new SweepData(93);
        var cases = new List<SweepCase>();
        foreach ((int k, int block) in new[] { (32, 16), (64, 32), (40, 16), (96, 64) })
        {
            int n = 5, blocks = (k + block - 1) / block;
            Tensor Bytes(params int[] shape) => data.Between(ElementType.UInt8, 0, 256, shape);
            SweepInput packed = Fixed(Bytes(n, blocks, block / 2)), scales = Fixed(data.Between(ElementType.Float32, 0.01, 0.05, n * blocks));
            (string, object)[] attributes = [("K", k), ("N", n), ("bits", 4), ("block_size", block)];
            cases.Add(Contrib("MatMulNBits", [data.Any(3, k), packed, scales], attributes));
            cases.Add(Contrib("MatMulNBits", [data.Any(2, 3, k), packed, scales, Fixed(Bytes(n * ((blocks + 1) / 2)))], attributes));
            cases.Add(Contrib("MatMulNBits", [data.Any(1, k), packed, scales, Fixed(data.Between(ElementType.Float32, 4, 9, n * blocks)), null, Fixed(data.Any(n))], attributes));
            cases.Add(Contrib("MatMulNBits", [data.Any(3, k), Fixed(Bytes(n, blocks, block)), scales], ("K", k), ("N", n), ("bits", 8), ("block_size", block)));
        }

        Sweeping.Check(17, cases.Select(c => c with { Tolerance = 1e-4 }));
    }

    [Fact]
    public void Attention_and_embeddings()
    {
        const int Batch = 2, Length = 5, Width = 12, Heads = 3, Past = 4;
        var data = new SweepData(94);
        Tensor Ints(params int[] values) => Tensor.Of<int>(new Shape(Batch, values.Length / Batch), values);
        SweepInput w = Fixed(data.Any(Width, 3 * Width)), b = Fixed(data.Any(3 * Width));
        Tensor x = data.Any(Batch, Length, Width), mask = Ints(1, 1, 1, 0, 0, 1, 1, 1, 1, 0), lengths = Tensor.Vector<int>(3, 5);
        Tensor pastKey = data.Any(Batch, Heads, Past, Width / Heads), pastValue = data.Any(Batch, Heads, Past, Width / Heads);
        (string, object) heads = ("num_heads", Heads);
        Tensor Rows(int parts) => data.Any(Batch, Length, Heads, parts, Width / Heads);
        Tensor ids = data.Between(ElementType.Int32, 0, 9, Batch, Length), kinds = data.Between(ElementType.Int32, 0, 2, Batch, Length);
        SweepInput words = Fixed(data.Any(9, Width)), places = Fixed(data.Any(16, Width)), segments = Fixed(data.Any(2, Width)), gamma = Fixed(data.Any(Width)), beta = Fixed(data.Any(Width));
        SweepInput Table() => Fixed(data.Any(20, Width / Heads / 2));
        List<SweepCase> cases =
        [
            Contrib("Attention", [x, w, b], heads),
            Contrib("Attention", [x, w, b, mask], heads),
            Contrib("Attention", [x, w, b, lengths], heads),
            Contrib("Attention", [x, w, b], heads, ("unidirectional", 1)),
            Contrib("Attention", [x, w, b, null, data.Any(2, Batch, Heads, Past, Width / Heads)], heads, ("unidirectional", 1)) with { Outputs = 2 },
            Contrib("Attention", [x, w, b, null, null, data.Any(Batch, Heads, Length, Length)], heads),
            Contrib("MultiHeadAttention", [x, data.Any(Batch, 7, Width), data.Any(Batch, 7, Width), b], heads),
            Contrib("MultiHeadAttention", [x, data.Any(Batch, Length, Width), data.Any(Batch, Length, Width), null, mask], heads),

            // ONNX Runtime packs for graphics processors only.
            Contrib("MultiHeadAttention", [Rows(3)], heads) with { Oracle = false },
            Contrib("MultiHeadAttention", [x, Rows(2)], heads) with { Oracle = false },
            Contrib("MultiHeadAttention", [x, data.Any(Batch, Heads, 7, Width / Heads), data.Any(Batch, Heads, 7, Width / Heads)], heads),
            Contrib("MultiHeadAttention", [x, data.Any(Batch, Length, Width), data.Any(Batch, Length, Width), null, null, null, pastKey, pastValue], heads) with { Outputs = 3 },
            Contrib("EmbedLayerNormalization", [ids, kinds, words, places, segments, gamma, beta, mask], ("epsilon", 1e-6f)) with { Outputs = 3 },
            Contrib("EmbedLayerNormalization", [ids, null, words, places, null, gamma, beta]) with { Outputs = 2 },
            Contrib("RotaryEmbedding", [data.Any(Batch, Length, Width), data.Between(ElementType.Int64, 0, 20, Batch, Length), Table(), Table()]),
            Contrib("RotaryEmbedding", [data.Any(Batch, Heads, Length, Width / Heads), Tensor.Vector<long>(3), Table(), Table()], ("interleaved", 1)),
        ];
        foreach (ElementType t in new[] { ElementType.Int8, ElementType.UInt8 })
        {
            SweepInput quantised = Fixed(data.Any(ElementType.Int8, Width, 3 * Width)), scale = Fixed(Tensor.Scalar(0.01f)), zero = Fixed(Tensor.Scalar((sbyte)0));
            if (t == ElementType.UInt8)
            {
                cases.Add(Contrib("QAttention", [data.Any(t, Batch, Length, Width), quantised, b, scale, scale, lengths, Fixed(data.Between(t, 1, 9)), zero], heads));
                cases.Add(Contrib("QAttention", [data.Any(t, Batch, Length, Width), quantised, b, scale, scale, null, Fixed(data.Between(t, 1, 9)), zero], heads, ("unidirectional", 1)));
            }
        }

        Sweeping.Check(17, cases);
    }

    private static SweepCase Contrib(string name, SweepInput?[] inputs, params (string Name, object Value)[] attributes) => new(name, inputs, attributes) { Domain = "com.microsoft", OracleRuns = true };
}
