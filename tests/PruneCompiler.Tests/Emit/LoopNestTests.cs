using PruneCompiler.Emit;

namespace PruneCompiler.Tests.Emit;

public class LoopNestTests
{
    [Fact]
    public void A_contiguous_copy_of_any_rank_is_one_run() =>
        Assert.Contains("new ReadOnlySpan<float>(x, 120).CopyTo(new Span<float>(y, 120));", Emit([2, 3, 4, 5], [60, 20, 5, 1], [60, 20, 5, 1], "a"));

    [Fact]
    public void Axes_that_walk_memory_alike_are_one_loop()
    {
        string code = Emit([2, 3, 4, 8], [96, 32, 8, 1], [192, 32, 8, 1], "(neg a)");
        Assert.Equal(2, code.Split("for (").Length - 1);
        Assert.Contains("i < 2", code);
        Assert.Contains("j < 96", code);
    }

    [Fact]
    public void A_broadcast_operand_is_loaded_once_in_front_of_the_innermost_loop()
    {
        string code = Emit([4, 16], [16, 1], [1, 0], "(exp a)");
        Assert.Contains("var aAll = Vector512.Create(a[0]);", code);
        Assert.Contains(" = new Vector<float>(a[0]);", code);
    }

    [Fact]
    public void Without_elements_there_is_no_loop() => Assert.DoesNotContain("for (", Emit([2, 0, 3], [0, 3, 1], [0, 3, 1], "(neg a)"));

    private static string Emit(int[] shape, long[] to, long[] from, string value)
    {
        var map = new MapBody(shape, new Operand("out", new BufferPlace("y", 0), "float32", to), [new Operand("a", new BufferPlace("x", 0), "float32", from)], value);
        var plan = new ModelPlan
        {
            ClassName = "Net",
            Buffers = [new BufferPlan("x", "float32", BufferKind.Scratch, 0, 1000), new BufferPlan("y", "float32", BufferKind.Scratch, 4096, 1000)],
            ScratchBytes = 8192,
            Steps = [new Step("Step", ["A step."], map)],
        };
        return ModelEmitter.Emit(plan).Split("private static void Step")[1].Split("RequireLength")[0];
    }
}
