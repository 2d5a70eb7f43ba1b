using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The sizes of an attention node.</summary>
internal readonly record struct AttentionSizes(int Batch, int QueryHeads, int KeyHeads, int Queries, int Keys, int PastKeys, int KeySize, int ValueSize)
{
    public int TotalKeys => PastKeys + Keys;

    /// <summary>Reads and checks the shapes of Q, K, V and past_key (inputs 0, 1, 2, 4).</summary>
    public static AttentionSizes Of(Node node)
    {
        Shape q = node.Input(0).Shape, k = node.Input(1).Shape, v = node.Input(2).Shape;
        if (q.Rank != k.Rank || q.Rank != v.Rank || q.Rank is not (3 or 4) || q[0] != k[0] || k[0] != v[0])
        {
            throw new OperatorException(node, $"Q {q}, K {k} and V {v} must all have 3 or all have 4 axes and one batch size");
        }

        int past = node.InputOrNull(4) is { } pastKey ? pastKey.Shape[2] : 0;
        if (q.Rank == 4)
        {
            return Checked(node, new AttentionSizes(q[0], q[1], k[1], q[2], k[2], past, q[3], v[3]));
        }

        int queryHeads = (int)node.Attributes.Int("q_num_heads"), keyHeads = (int)node.Attributes.Int("kv_num_heads");
        if (queryHeads < 1 || keyHeads < 1 || q[2] % queryHeads != 0 || k[2] % keyHeads != 0 || v[2] % keyHeads != 0)
        {
            throw new OperatorException(node, $"q_num_heads = {queryHeads} and kv_num_heads = {keyHeads} do not divide Q {q}, K {k} and V {v}");
        }

        return Checked(node, new AttentionSizes(q[0], queryHeads, keyHeads, q[1], k[1], past, q[2] / queryHeads, v[2] / keyHeads));
    }

    private static AttentionSizes Checked(Node node, AttentionSizes s) => s.KeyHeads > 0 && s.QueryHeads % s.KeyHeads == 0
        ? s
        : throw new OperatorException(node, $"{s.QueryHeads} query heads are no multiple of {s.KeyHeads} key heads");
}
