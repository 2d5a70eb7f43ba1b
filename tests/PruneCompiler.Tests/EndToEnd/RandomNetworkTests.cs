using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Random networks with random sparsity agree in every way of computing them.</summary>
public class RandomNetworkTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_random_network_agrees_in_every_way(int seed) => Differential.Check(RandomNetwork.Make(seed));
}
