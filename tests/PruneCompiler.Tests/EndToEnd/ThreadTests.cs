using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Tests that nothing else runs beside, because they count what the whole process allocates.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class Alone
{
}

/// <summary>Runs that several threads share give what one thread gives, bit by bit.</summary>
[Collection("alone")]
public class ThreadTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Threads_give_the_bits_of_one_thread(int seed)
    {
        using var folder = new TemporaryFolder();
        string file = RandomNetwork.Make(seed).Save(folder.File("net.onnx"));
        CompiledModel plain = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net" });
        CompiledModel shared = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net", ScheduleAll = true });
        Assert.Equal(shared.Plan.Steps.Any(s => s.Range is { Count: > 1 }), shared.Plan.HasTeam());
        Tensor[] inputs = [.. plain.Plan.Inputs.Select(p => RandomTensor.Make(new TensorType(ElementType.Float32, new Shape([.. p.Shape])), new Random(seed)))];
        using GeneratedModel one = GeneratedModel.Load(plain);
        Tensor[] expected = one.Run(inputs);
        foreach (int threads in new[] { 1, 2, 3, 4 })
        {
            using GeneratedModel net = GeneratedModel.Load(shared, threads: threads);
            for (int run = 0; run < 3; run++)
            {
                Tensor[] actual = net.Run(inputs);
                Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.Bytes.AsSpan().SequenceEqual(pair.Second.Bytes), $"seed {seed}, {threads} threads, run {run}"));
            }
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Fact]
    public void A_large_layer_is_shared_and_a_small_one_is_not()
    {
        Assert.True(Compile(160).Plan.HasTeam());
        Assert.False(Compile(12).Plan.HasTeam());
    }

    [Fact]
    public void A_shared_run_allocates_nothing_on_any_thread()
    {
        using GeneratedModel net = GeneratedModel.Load(Compile(160), threads: 3);
        Action run = net.Bind([new Tensor(ElementType.Float32, new Shape(1, 8, 160, 160))], [new Tensor(ElementType.Float32, new Shape(1, 16, 160, 160))]);
        for (int i = 0; i < 50; i++)
        {
            run(); // static constructors, and a first wait of each thread
        }

        // Others in the process allocate now and then; the runs would do so every time.
        long least = long.MaxValue;
        for (int batch = 0; batch < 10; batch++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 20; i++)
            {
                run();
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, 64);
    }

    [Fact]
    public void Instances_run_at_the_same_time()
    {
        CompiledModel model = Compile(160);
        Tensor input = RandomTensor.Make(new TensorType(ElementType.Float32, new Shape(1, 8, 160, 160)), new Random(1));
        using GeneratedModel one = GeneratedModel.Load(model);
        byte[] expected = one.Run([input])[0].Bytes;
        Parallel.For(0, 6, i =>
        {
            using GeneratedModel net = GeneratedModel.Load(model, threads: 1 + (i % 3));
            for (int run = 0; run < 5; run++)
            {
                Assert.True(expected.AsSpan().SequenceEqual(net.Run([input])[0].Bytes));
            }
        });
    }

    [Fact]
    public void Less_than_one_thread_is_refused_whether_the_model_is_shared_or_not()
    {
        foreach (int size in new[] { 160, 12 })
        {
            var thrown = Assert.Throws<System.Reflection.TargetInvocationException>(() => GeneratedModel.Load(Compile(size), threads: 0));
            Assert.IsType<ArgumentOutOfRangeException>(thrown.InnerException);
        }
    }

    private static CompiledModel Compile(int size)
    {
        var random = new Random(3);
        float[] weights = [.. Enumerable.Range(0, 16 * 8 * 9).Select(_ => random.Next(2) * random.NextSingle())];
        OnnxBuilder model = new OnnxBuilder().Input("x", 1, 8, size, size).Initializer("w", [16, 8, 3, 3], weights)
            .Node("Conv", ["x", "w"], ["y"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 })).Output("y");
        using var folder = new TemporaryFolder();
        return ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" });
    }
}
