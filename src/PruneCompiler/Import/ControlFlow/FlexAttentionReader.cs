using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>
/// prob_mod(softmax(score_mod(Q K' scale))) V over [batch, heads, length, size] (ai.onnx.preview FlexAttention; Dong et al., "Flex Attention", 2024): its two
/// subgraphs are read in place between the parts of ordinary attention.
/// </summary>
internal static class FlexAttentionReader
{
    public static IReadOnlyList<Value> Read(GraphReader reader, NodeProto proto, string title, Body body)
    {
        if (proto.Input.Count < 3)
        {
            throw new CompileException(Catalogue.BadNode(title, proto.OpType, $"takes Q, K and V, not {proto.Input.Count} inputs"));
        }

        Attributes attributes = AttributeReader.Read(AttributeReader.Bind(proto.Attribute, body.Parameters), reader.Context.Tensors, title);
        Value[] given = [.. proto.Input.Take(3).Select(i => reader.Find(i, title, body))];
        Shape q = given[0].Shape, k = given[1].Shape, v = given[2].Shape;
        if (given.Any(g => g.Shape.Rank != 4) || k[1] < 1 || q[1] % k[1] != 0 || k[1] != v[1] || q[3] != k[3] || q[3] < 1)
        {
            throw new CompileException(Catalogue.BadNode(title, proto.OpType, $"Q {q}, K {k} and V {v} do not fit together"));
        }

        ElementType type = given[0].Type;
        var precision = (ElementType)attributes.Int("softmax_precision", (long)(type == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32));
        double root = Math.Sqrt(attributes.Has("scale") ? attributes.Float("scale") : 1 / Math.Sqrt(q[3]));
        Value factor = Number(root, type);
        Value keys = Add("Transpose", new Attributes().Set("perm", new[] { 0, 1, 3, 2 }), Add("Mul", null, Grouped(given[1]), factor));
        Value scores = Cast(Add("MatMul", null, Add("Mul", null, given[0], factor), keys), precision);
        scores = Modified("score_mod", scores);
        Value weights = Modified("prob_mod", Add("Softmax", new Attributes().Set("axis", -1), scores));
        return [Cast(Add("MatMul", null, weights, Cast(Grouped(given[2]), weights.Type)), type)];

        Value Add(string name, Attributes? with, params Value?[] inputs) => reader.Add(name, $"{title}/{name}", inputs, [""], with, null)[0];

        Value Cast(Value value, ElementType to) => value.Type == to ? value : Add("Cast", new Attributes().Set("to", (long)to), value);

        Value Number(double value, ElementType of)
        {
            var tensor = new Tensor(of, Shape.Scalar);
            Numbers.WriteFloat(tensor, 0, value);
            return reader.Graph.Constant("scale", tensor);
        }

        // Every key head serves several neighbouring query heads.
        Value Grouped(Value x)
        {
            int group = q[1] / k[1];
            if (group == 1)
            {
                return x;
            }

            Shape s = x.Shape;
            Value wide = Add("Unsqueeze", null, x, Integers(2));
            wide = Add("Expand", null, wide, Integers(s[0], s[1], group, s[2], s[3]));
            return Add("Reshape", null, wide, Integers(s[0], s[1] * group, s[2], s[3]));
        }

        Value Integers(params long[] values) => reader.Graph.Constant("integers", Tensor.Vector<long>(values));

        Value Modified(string name, Value value)
        {
            if (AttributeReader.Bind(proto.Attribute, body.Parameters).FirstOrDefault(a => a.Name == name)?.G is not { } graph)
            {
                return value;
            }

            List<Value> results = SubgraphReader.Inline(reader, graph, body, $"{title}/{name}/", [value]);
            return results.Count == 1 && results[0].Shape == value.Shape
                ? results[0]
                : throw new CompileException(Catalogue.BadNode(title, proto.OpType, $"{name} must give one value of the shape {value.Shape}"));
        }
    }
}
