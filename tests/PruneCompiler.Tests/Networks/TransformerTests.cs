using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

public class TransformerTests
{
    private const int Width = 24;

    [Theory]
    [InlineData(13, 0)]
    [InlineData(17, 0.8)]
    [InlineData(18, 0.5)]
    public void Encoder_with_everything_taken_apart(int opset, double zeros)
    {
        var net = new NetworkWriter(opset) { Zeros = zeros };
        string x = net.Input("src", "batch", 10, Width);
        for (int layer = 0; layer < 2; layer++)
        {
            x = net.LayerNorm(net.Op("Add", x, net.Attention(x, x, Width, 4)), Width);
            x = net.LayerNorm(net.Op("Add", x, net.Linear(net.Gelu(net.Linear(x, Width, 40)), 40, Width)), Width);
        }

        net.Output(x).Check();
    }

    [Fact]
    public void Decoder_with_a_causal_mask_and_a_memory()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string target = net.Input("tgt", 2, 7, Width), memory = net.Input("memory", 2, 9, Width);

        // The causal mask as torch traces it: ConstantOfShape, Trilu or comparison of positions, Where.
        string length = net.Dim(target, 1);
        string positions = net.Op("Range", net.Long(0), length, net.Long(1));
        string allowed = net.Op("LessOrEqual", net.Op("Unsqueeze", positions, net.Longs(0)), net.Op("Unsqueeze", positions, net.Longs(1)));
        string zeros = net.Op("ConstantOfShape", [net.ShapeOf(length, length)], ("value", Tensor.Vector(0f)));
        string mask = net.Op("Where", allowed, zeros, net.Number(float.NegativeInfinity));
        string x = net.LayerNorm(net.Op("Add", target, net.Attention(target, target, Width, 3, mask)), Width);
        x = net.LayerNorm(net.Op("Add", x, net.Attention(x, memory, Width, 3)), Width);
        x = net.LayerNorm(net.Op("Add", x, net.Linear(net.Op("Relu", net.Linear(x, Width, 32)), 32, Width)), Width);
        net.Output(net.Linear(x, Width, 11)).Check();
    }

    [Theory]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.Int32)]
    public void Bert_with_embeddings_and_an_attention_mask(ElementType ids)
    {
        const int Tokens = 8, Words = 30;
        var net = new NetworkWriter(14) { Zeros = 0.6 };
        string input = net.Input("input_ids", ids, "batch", Tokens), mask = net.Input("attention_mask", ids, "batch", Tokens), types = net.Input("token_type_ids", ids, "batch", Tokens);
        string words = net.Op("Gather", [net.Weights(0.5, Words, Width), input]), kinds = net.Op("Gather", net.Weights(0.5, 2, Width), types);
        string places = net.Op("Slice", net.Constant(Tensor.Of<long>(new Shape(1, 512), Enumerable.Range(0, 512).Select(i => (long)i).ToArray())), net.Longs(0), net.Op("Unsqueeze", net.Dim(input, 1), net.Longs(0)), net.Longs(1));
        string x = net.LayerNorm(net.Op("Add", net.Op("Add", words, kinds), net.Op("Gather", net.Weights(0.5, 512, Width), places)), Width);
        string extended = net.Op("Cast", [net.Op("Unsqueeze", net.Op("Unsqueeze", mask, net.Longs(1)), net.Longs(2))], ("to", 1));
        string bias = net.Op("Mul", net.Op("Sub", net.Number(1), extended), net.Number(-10000));
        for (int layer = 0; layer < 2; layer++)
        {
            x = net.LayerNorm(net.Op("Add", net.Attention(x, x, Width, 4, bias), x), Width);
            x = net.LayerNorm(net.Op("Add", net.Linear(net.Gelu(net.Linear(x, Width, 48)), 48, Width), x), Width);
        }

        string first = net.Op("Gather", [x, net.Long(0)], ("axis", 1));
        string pooled = net.Op("Tanh", net.Op("Gemm", [first, net.Weights(Width, Width), net.Weights(0.1, Width)], ("transB", 1)));
        net.Output(x).Output(net.Op("Gemm", [pooled, net.Weights(3, Width), net.Weights(0.1, 3)], ("transB", 1)));
        net.Check(inputs: new Dictionary<string, Tensor>
        {
            ["token_type_ids"] = new(ids, new Shape(1, Tokens)),
            ["attention_mask"] = ids == ElementType.Int64 ? Tensor.Of<long>(new Shape(1, Tokens), [1, 1, 1, 1, 1, 0, 0, 0]) : Tensor.Of<int>(new Shape(1, Tokens), [1, 1, 1, 1, 1, 0, 0, 0]),
        });
    }

    [Fact]
    public void Gpt_one_token_at_a_time_with_keys_and_values_in_and_out()
    {
        const int Past = 6, Heads = 3, Size = Width / Heads;
        var net = new NetworkWriter { Zeros = 0.7 };
        string ids = net.Input("input_ids", ElementType.Int64, 1, 1);
        string x = net.Op("Gather", net.Weights(0.5, 40, Width), ids);
        string length = net.Op("Add", net.Long(Past), net.Dim(ids, 1));
        x = net.Op("Add", x, net.Op("Gather", net.Weights(0.5, 64, Width), net.Op("Unsqueeze", net.Op("Sub", length, net.Long(1)), net.Longs(0))));
        var presents = new List<string>();
        for (int layer = 0; layer < 2; layer++)
        {
            string pastKey = net.Input($"past_key_values.{layer}.key", 1, Heads, Past, Size), pastValue = net.Input($"past_key_values.{layer}.value", 1, Heads, Past, Size);
            string normal = net.Op("LayerNormalization", [x, net.Positive(Width), net.Weights(0.1, Width)], ("axis", -1));
            string[] qkv = net.Ops("Split", 3, [net.Linear(normal, Width, 3 * Width), net.Longs(Width, Width, Width)], ("axis", 2));
            string[] turned = [.. qkv.Select(v => net.Op("Transpose", [net.Op("Reshape", v, net.Longs(0, 0, Heads, Size))], ("perm", new[] { 0, 2, 1, 3 })))];
            string keys = net.Op("Concat", [pastKey, turned[1]], ("axis", -2)), values = net.Op("Concat", [pastValue, turned[2]], ("axis", -2));
            presents.AddRange([keys, values]);
            string scores = net.Op("Mul", net.Op("MatMul", turned[0], net.Op("Transpose", [keys], ("perm", new[] { 0, 1, 3, 2 }))), net.Number(1 / Math.Sqrt(Size)));
            string mixed = net.Op("MatMul", net.Op("Softmax", [scores], ("axis", 3)), values);
            string joined = net.Op("Reshape", net.Op("Transpose", [mixed], ("perm", new[] { 0, 2, 1, 3 })), net.Longs(0, 0, -1));
            x = net.Op("Add", x, net.Linear(joined, Width, Width));
            x = net.Op("Add", x, net.Linear(net.GeluTanh(net.Linear(net.LayerNorm(x, Width), Width, 32)), 32, Width));
        }

        net.Output(net.Op("MatMul", x, net.Weights(Width, 40)));
        presents.ForEach(p => net.Output(p));
        net.Check();
    }

    [Fact]
    public void Llama_like_with_rotary_positions_and_grouped_queries()
    {
        const int Tokens = 5, Heads = 4, Groups = 2, Size = Width / Heads;
        var net = new NetworkWriter(18) { Zeros = 0.5 };
        string x = net.Input("hidden", 1, Tokens, Width), cos = net.Input("cos", 1, 1, Tokens, Size), sin = net.Input("sin", 1, 1, Tokens, Size);
        string Rms(string v) => net.Op("Mul", net.Positive(Width), net.Op("Mul", v, net.Op("Reciprocal", net.Op("Sqrt", net.Op("Add", net.Op("ReduceMean", net.Op("Pow", v, net.Number(2)), net.Longs(-1)), net.Number(1e-5))))));
        string Heads4(string v, int heads) => net.Op("Transpose", [net.Op("Reshape", v, net.Longs(1, Tokens, heads, Size))], ("perm", new[] { 0, 2, 1, 3 }));
        string Rotated(string v)
        {
            string left = net.Op("Slice", v, net.Longs(0), net.Longs(Size / 2), net.Longs(3)), right = net.Op("Slice", v, net.Longs(Size / 2), net.Longs(long.MaxValue), net.Longs(3));
            return net.Op("Add", net.Op("Mul", v, cos), net.Op("Mul", net.Op("Concat", [net.Op("Neg", right), left], ("axis", -1)), sin));
        }

        string Repeated(string v) => net.Op("Reshape", net.Op("Expand", net.Op("Unsqueeze", v, net.Longs(2)), net.Longs(1, Groups, Heads / Groups, Tokens, Size)), net.Longs(1, Heads, Tokens, Size));
        string normal = Rms(x);
        string q = Rotated(Heads4(net.Op("MatMul", normal, net.Weights(Width, Width)), Heads)), k = Repeated(Rotated(Heads4(net.Op("MatMul", normal, net.Weights(Width, Groups * Size)), Groups)));
        string v = Repeated(Heads4(net.Op("MatMul", normal, net.Weights(Width, Groups * Size)), Groups));
        string mask = net.Op("Trilu", [net.Op("ConstantOfShape", [net.Longs(Tokens, Tokens)], ("value", Tensor.Vector(-65504f))), net.Long(1)], ("upper", 1));
        string scores = net.Op("Add", net.Op("Mul", net.Op("MatMul", q, net.Op("Transpose", [k], ("perm", new[] { 0, 1, 3, 2 }))), net.Number(1 / Math.Sqrt(Size))), mask);
        string joined = net.Op("Reshape", net.Op("Transpose", [net.Op("MatMul", net.Op("Softmax", [scores], ("axis", -1)), v)], ("perm", new[] { 0, 2, 1, 3 })), net.Longs(1, Tokens, Width));
        x = net.Op("Add", x, net.Op("MatMul", joined, net.Weights(Width, Width)));
        normal = Rms(x);
        x = net.Op("Add", x, net.Op("MatMul", net.Op("Mul", net.Silu(net.Op("MatMul", normal, net.Weights(Width, 40))), net.Op("MatMul", normal, net.Weights(Width, 40))), net.Weights(40, Width)));
        net.Output(x).Check();
    }

    [Fact]
    public void Vision_transformer_with_a_class_token()
    {
        var net = new NetworkWriter { Zeros = 0.6 };
        string image = net.Input("pixel_values", "batch", 3, 16, 16);
        string patches = net.Op("Conv", [image, net.Weights(Width, 3, 4, 4), net.Weights(0.1, Width)], ("kernel_shape", new[] { 4, 4 }), ("strides", new[] { 4, 4 }));
        string shape = net.Op("Shape", patches);
        string flat = net.Op("Reshape", patches, net.Op("Concat", [net.Op("Slice", shape, net.Longs(0), net.Longs(2), net.Longs(0)), net.Longs(-1)], ("axis", 0)));
        string tokens = net.Op("Transpose", [flat], ("perm", new[] { 0, 2, 1 }));
        string target = net.ShapeOf(net.Dim(tokens, 0), -1, -1);
        string ones = net.Op("ConstantOfShape", [net.Op("Shape", target)], ("value", Tensor.Vector(1L)));
        string expand = net.Op("Where", net.Op("Equal", target, net.Op("Mul", ones, net.Long(-1))), ones, target);
        string x = net.Op("Concat", [net.Op("Expand", net.Weights(0.5, 1, 1, Width), expand), tokens], ("axis", 1));
        x = net.Op("Add", x, net.Weights(0.5, 1, 17, Width));
        for (int layer = 0; layer < 2; layer++)
        {
            string normal = net.LayerNorm(x, Width);
            x = net.Op("Add", net.Attention(normal, normal, Width, 4), x);
            x = net.Op("Add", net.Linear(net.Gelu(net.Linear(net.LayerNorm(x, Width), Width, 48)), 48, Width), x);
        }

        string first = net.Op("Gather", [net.LayerNorm(x, Width), net.Long(0)], ("axis", 1));
        net.Output(net.Op("Gemm", [first, net.Weights(7, Width), net.Weights(0.1, 7)], ("transB", 1))).Check();
    }

    [Fact]
    public void Swin_block_with_windows_that_are_rolled()
    {
        const int Size = 8, Window = 4;
        var net = new NetworkWriter { Zeros = 0.4 };
        string x = net.Input("x", 1, Size * Size, Width);
        string normal = net.LayerNorm(x, Width), grid = net.Op("Reshape", normal, net.Longs(1, Size, Size, Width));
        string Roll(string v, int by)
        {
            foreach (int axis in new[] { 1, 2 })
            {
                string back = net.Op("Slice", v, net.Longs(by), net.Longs(int.MaxValue), net.Longs(axis)), front = net.Op("Slice", v, net.Longs(0), net.Longs(by), net.Longs(axis));
                v = net.Op("Concat", [back, front], ("axis", axis));
            }

            return v;
        }

        string parts = net.Op("Transpose", [net.Op("Reshape", Roll(grid, 2), net.Longs(1, Size / Window, Window, Size / Window, Window, Width))], ("perm", new[] { 0, 1, 3, 2, 4, 5 }));
        string windows = net.Op("Reshape", parts, net.Longs(-1, Window * Window, Width));
        string bias = net.Op("Unsqueeze", net.Op("Transpose", [net.Op("Reshape", net.Op("Gather", net.Weights(0.5, 49, 3), net.Constant(Indices(Window))), net.Longs(16, 16, 3))], ("perm", new[] { 2, 0, 1 })), net.Longs(0));
        string mixed = net.Attention(windows, windows, Width, 3, bias);
        string back = net.Op("Reshape", net.Op("Transpose", [net.Op("Reshape", mixed, net.Longs(1, Size / Window, Size / Window, Window, Window, -1))], ("perm", new[] { 0, 1, 3, 2, 4, 5 })), net.Longs(1, Size, Size, -1));
        x = net.Op("Add", x, net.Op("Reshape", Roll(back, -2), net.Longs(1, Size * Size, Width)));

        // Patch merging: every second row and column.
        string image = net.Op("Reshape", x, net.Longs(1, Size, Size, Width));
        string[] corners = [.. from r in new[] { 0, 1 } from c in new[] { 0, 1 } select net.Op("Slice", image, net.Longs(c, r), net.Longs(Size, Size), net.Longs(1, 2), net.Longs(2, 2))];
        string merged = net.Op("Reshape", net.Op("Concat", corners, ("axis", -1)), net.Longs(1, -1, 4 * Width));
        net.Output(net.Op("MatMul", net.LayerNorm(merged, 4 * Width), net.Weights(4 * Width, 2 * Width))).Check();
    }

    private static Tensor Indices(int window)
    {
        int n = window * window, side = (2 * window) - 1;
        var index = new long[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                index[(i * n) + j] = (((i / window) - (j / window) + window - 1) * side) + (i % window) - (j % window) + window - 1;
            }
        }

        return Tensor.Vector<long>(index);
    }
}
