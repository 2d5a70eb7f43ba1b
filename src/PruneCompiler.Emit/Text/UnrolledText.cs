using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>The text form of an <see cref="UnrolledBody"/>: its loops, then a line per output channel and one per kept weight.</summary>
internal static class UnrolledText
{
    public static void Write(PlanNode step, UnrolledBody body)
    {
        PlanNode node = step.Add("unrolled");
        node.Add("input", PlanWriter.PlaceAtoms(body.Input));
        node.Add("output", PlanWriter.PlaceAtoms(body.Output));
        if (body.Mask is not null)
        {
            node.Add("mask", PlanWriter.PlaceAtoms(body.Mask));
        }

        node.Add("rows").With([body.Rows, body.Width, body.StoredWidth, body.InputRow, body.OutputRow]);
        node.Add("activation", F(body.Low), F(body.High), F(body.Slope));
        foreach (UnrolledChannel channel in body.Channels)
        {
            PlanNode line = node.Add("channel", channel.OutputOffset.ToString(CultureInfo.InvariantCulture), F(channel.Bias));
            foreach (UnrolledTap tap in channel.Taps)
            {
                line.Add("tap", tap.Offset.ToString(CultureInfo.InvariantCulture), F(tap.Weight));
            }
        }
    }

    public static UnrolledBody Read(PlanNode node)
    {
        PlanNode rows = PlanReader.One(node, "rows"), activation = PlanReader.One(node, "activation");
        PlanNode? mask = PlanReader.All(node, "mask").FirstOrDefault();
        return new UnrolledBody(
            PlanReader.ReadPlace(PlanReader.One(node, "input"), 0),
            PlanReader.ReadPlace(PlanReader.One(node, "output"), 0),
            mask is null ? null : PlanReader.ReadPlace(mask, 0),
            (int)rows.Number(0),
            (int)rows.Number(1),
            (int)rows.Number(2),
            rows.Number(3),
            rows.Number(4),
            Float(activation, 0),
            Float(activation, 1),
            Float(activation, 2),
            PlanReader.All(node, "channel").Select(ReadChannel).ToList());
    }

    private static UnrolledChannel ReadChannel(PlanNode node) =>
        new(node.Number(0), Float(node, 1), PlanReader.All(node, "tap").Select(t => new UnrolledTap(t.Number(0), Float(t, 1))).ToList());

    // Nine digits give back the same bits.
    private static string F(float value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static float Float(PlanNode node, int index) => float.Parse(node[index], CultureInfo.InvariantCulture);
}
