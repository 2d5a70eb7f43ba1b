// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>Non-maximum suppression (ONNX NonMaxSuppression). Nothing is allocated.</summary>
internal static unsafe class BoxSelection
{
    /// <summary>For each batch element and class, takes boxes by falling score and drops those that overlap a taken one too much.</summary>
    /// <param name="boxes">[batch, count, 4].</param>
    /// <param name="scores">[batch, classes, count].</param>
    /// <param name="limit">Most boxes for each class; null for none.</param>
    /// <param name="overlap">Largest intersection over union that is kept; null for 0.</param>
    /// <param name="threshold">Scores must be larger; null for any score.</param>
    /// <param name="output">[room, 3]: batch element, class, box; rows behind the last are zero.</param>
    /// <param name="found">Receives the number of rows.</param>
    /// <param name="order">count int64 of working memory.</param>
    /// <param name="batch">Batch elements.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="count">Boxes.</param>
    /// <param name="room">Rows of the output; rows for each class are limited to its share.</param>
    /// <param name="centers">True for boxes as centre x, y, width, height; false for two corners y1, x1, y2, x2.</param>
    public static void Run(float* boxes, float* scores, long* limit, float* overlap, float* threshold, long* output, long* found, long* order, int batch, int classes, int count, long room, bool centers)
    {
        long most = Math.Min(limit == null ? 0 : Math.Max(0, *limit), room / Math.Max(1, (long)batch * classes));
        long rows = 0;
        for (int b = 0; b < batch; b++)
        {
            for (int c = 0; c < classes; c++)
            {
                float* score = scores + ((((long)b * classes) + c) * count);
                int candidates = 0;
                for (int i = 0; i < count; i++)
                {
                    if (threshold == null || score[i] > *threshold)
                    {
                        order[candidates++] = i;
                    }
                }

                Sort(order, candidates, score);
                long* first = output + (rows * 3);
                long taken = 0;
                for (int i = 0; i < candidates && taken < most; i++)
                {
                    if (Free(boxes + ((long)b * count * 4), order[i], first, taken, overlap == null ? 0 : *overlap, centers))
                    {
                        long* row = first + (taken++ * 3);
                        (row[0], row[1], row[2]) = (b, c, order[i]);
                    }
                }

                rows += taken;
            }
        }

        *found = rows;
        Blocks.Clear(output + (rows * 3), (room - rows) * 3 * sizeof(long));
    }

    private static bool Free(float* boxes, long box, long* taken, long count, float overlap, bool centers)
    {
        for (long i = 0; i < count; i++)
        {
            if (Overlap(boxes + (box * 4), boxes + (taken[(i * 3) + 2] * 4), centers) > overlap)
            {
                return false;
            }
        }

        return true;
    }

    private static float Overlap(float* a, float* b, bool centers)
    {
        (float top1, float left1, float bottom1, float right1) = Corners(a, centers);
        (float top2, float left2, float bottom2, float right2) = Corners(b, centers);
        float height = MathF.Min(bottom1, bottom2) - MathF.Max(top1, top2), width = MathF.Min(right1, right2) - MathF.Max(left1, left2);
        float area1 = (bottom1 - top1) * (right1 - left1), area2 = (bottom2 - top2) * (right2 - left2);
        if (height <= 0 || width <= 0 || area1 <= 0 || area2 <= 0)
        {
            return 0;
        }

        float both = height * width;
        return both / (area1 + area2 - both);
    }

    private static (float Top, float Left, float Bottom, float Right) Corners(float* box, bool centers) => centers
        ? (box[1] - (box[3] / 2), box[0] - (box[2] / 2), box[1] + (box[3] / 2), box[0] + (box[2] / 2))
        : (MathF.Min(box[0], box[2]), MathF.Min(box[1], box[3]), MathF.Max(box[0], box[2]), MathF.Max(box[1], box[3]));

    // Heap sort: falling scores, equal ones by rising index (Williams, 1964).
    private static void Sort(long* order, int count, float* score)
    {
        for (int i = (count / 2) - 1; i >= 0; i--)
        {
            Sink(order, i, count, score);
        }

        for (int end = count - 1; end > 0; end--)
        {
            (order[0], order[end]) = (order[end], order[0]);
            Sink(order, 0, end, score);
        }
    }

    private static void Sink(long* order, int at, int count, float* score)
    {
        for (int child = (2 * at) + 1; child < count; child = (2 * at) + 1)
        {
            child += child + 1 < count && Before(order[child], order[child + 1], score) ? 1 : 0;
            if (!Before(order[at], order[child], score))
            {
                return;
            }

            (order[at], order[child]) = (order[child], order[at]);
            at = child;
        }
    }

    private static bool Before(long a, long b, float* score) => score[a] > score[b] || (score[a] == score[b] && a < b);
}
