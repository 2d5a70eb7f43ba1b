using System.Diagnostics;
using PruneCompiler.Tests.Testing;
using Xunit.Abstractions;

namespace PruneCompiler.Tests.Package;

/// <summary>
/// What a model of 102 MB adds to a build, in time and memory. It takes minutes, so it runs on request only:
/// <c>PRUNECOMPILER_BIG=1 dotnet test -c Release --filter BigModelTests --logger "console;verbosity=detailed"</c>.
/// </summary>
[Collection(PackageFeed.Collection)]
[Trait("Category", "Package")]
public sealed class BigModelTests(PackageFeed feed, ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(0.0)]
    [InlineData(0.9)]
    public void ResNet_50_builds(double sparsity)
    {
        Skip.If(Environment.GetEnvironmentVariable("PRUNECOMPILER_BIG") != "1", "runs with PRUNECOMPILER_BIG=1 only");
        ConsumerApp without = feed.NewApp("", "Console.WriteLine(1000);");
        (double plainSeconds, double plainMegabytes) = Measure(without);
        ConsumerApp with = feed.NewApp("""<PrunedModel Include="net.onnx" />""", "new App.Net().Run(new float[App.Net.InputLength], new float[App.Net.LogitsLength]); Console.WriteLine(App.Net.LogitsLength);");
        ResNet50.Make(sparsity).Save(Path.Combine(with.Folder, "net.onnx"));
        (double seconds, double megabytes) = Measure(with);

        output.WriteLine($"ResNet-50, {sparsity:P0} zeros: adds {seconds - plainSeconds:0.0} s to a build of {plainSeconds:0.0} s; peak memory of the build {megabytes:0} MB, {plainMegabytes:0} MB without; app {new FileInfo(with.Assembly).Length / 1e6:0.0} MB");
        Assert.Equal("1000", with.Run().Trim());
    }

    private static (double Seconds, double Megabytes) Measure(ConsumerApp app)
    {
        Dotnet.Run(app.Folder, "restore", "-nologo");
        using var stop = new CancellationTokenSource();
        Task<long> watch = Task.Run(() => WatchMemory(stop.Token));
        var clock = Stopwatch.StartNew();
        app.Build();
        double seconds = clock.Elapsed.TotalSeconds;
        stop.Cancel();
        return (seconds, watch.Result / 1024.0);
    }

    // Kilobytes that all processes below this one hold together, at most.
    private static long WatchMemory(CancellationToken stop)
    {
        long peak = 0;
        while (!stop.WaitHandle.WaitOne(100))
        {
            var parents = new Dictionary<int, (int Parent, long Memory)>();
            foreach (string folder in Directory.GetDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
            {
                try
                {
                    string[] status = File.ReadAllLines(Path.Combine(folder, "status"));
                    long Number(string key) => status.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) is { } line ? long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal)) : 0;
                    parents[int.Parse(Path.GetFileName(folder))] = ((int)Number("PPid:"), Number("VmRSS:"));
                }
                catch (IOException)
                {
                    // The process has just ended.
                }
            }

            bool IsBelow(int id) => parents.TryGetValue(id, out var process) && (process.Parent == Environment.ProcessId || IsBelow(process.Parent));
            peak = Math.Max(peak, parents.Where(p => IsBelow(p.Key)).Sum(p => p.Value.Memory));
        }

        return peak;
    }
}
