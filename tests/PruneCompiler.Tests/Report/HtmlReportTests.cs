using System.Text.RegularExpressions;
using PruneCompiler.Report;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Report;

/// <summary>The page stands alone, shows every layer, and survives any name.</summary>
public partial class HtmlReportTests
{
    public static TheoryData<string> Fixtures => [.. Fixture.Names];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void The_page_needs_nothing_else_and_names_every_layer(string name)
    {
        CompiledModel model = ModelCompiler.Compile(Fixture.Open(name).ModelFile, new CompileOptions());
        string page = HtmlReport.Write(model);
        Assert.DoesNotMatch(Loads(), page);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 500_000);
        for (int i = 0; i < model.Plan.Layers.Count; i++)
        {
            Assert.Contains($"id=\"layer-{i}\"", page, StringComparison.Ordinal);
            Assert.Contains($"href=\"#layer-{i}\"", page, StringComparison.Ordinal);
        }

        Assert.Equal(page, HtmlReport.Write(ModelCompiler.Compile(Fixture.Open(name).ModelFile, new CompileOptions())));
    }

    [Fact]
    public void Names_are_text_and_never_markup()
    {
        using var folder = new TemporaryFolder();
        var builder = new OnnxBuilder().Input("x", 1, 2).Initializer("w", [2, 2], 1, 0, 0, 1).Node("MatMul", ["x", "w"], ["y"]).Output("y");
        builder.Graph.Node[0].Name = "<script>{{js}}</script>\"'";
        string page = HtmlReport.Write(ModelCompiler.Compile(builder.Save(folder.File("a.onnx")), new CompileOptions()));
        Assert.DoesNotContain("<script>{{", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;{{js}}&lt;/script&gt;&quot;&#39;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_lie_below_what_they_read_and_never_on_each_other()
    {
        foreach (string name in Fixture.Names)
        {
            IReadOnlyList<PictureNode> nodes = ModelCompiler.Compile(Fixture.Open(name).ModelFile, new CompileOptions()).Survey!.Picture;
            (int Row, int Lane)[] places = NetworkLayout.Place(nodes);
            Assert.Equal(places.Length, places.Distinct().Count());
            for (int i = 0; i < places.Length; i++)
            {
                Assert.All(nodes[i].Inputs, j => Assert.True(places[j].Row < places[i].Row));
            }
        }
    }

    [Fact]
    public void Measured_times_say_how_much_of_the_removed_work_became_time()
    {
        var times = new ReportTimes(Milliseconds: 4, DenseMilliseconds: 10);
        Assert.Equal(2.5, times.Speedup);
        Assert.Equal(0.75, times.ShareOfRemoved(100, 20)!.Value, 1e-9);
        Assert.Null(times.ShareOfRemoved(100, 100));
    }

    // Anything that a browser would fetch: addresses outside of the page, other than data.
    [GeneratedRegex("(src|href)=\"(?!data:|#)|<link|@import|url\\((?!#)|https?://", RegexOptions.IgnoreCase)]
    private static partial Regex Loads();
}
