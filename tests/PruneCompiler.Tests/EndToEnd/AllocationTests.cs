using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>A run allocates nothing on the managed heap.</summary>
public class AllocationTests
{
    public static TheoryData<string> Networks => [.. Fixture.Names];

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_run_allocates_nothing(string name)
    {
        Fixture fixture = Fixture.Open(name);
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(fixture.ModelFile, new CompileOptions { ClassName = "Net" }));
        (Tensor input, Tensor output) = fixture.Samples().First();
        Action run = net.Bind([input], [output]);
        run(); // static constructors
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            run();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
