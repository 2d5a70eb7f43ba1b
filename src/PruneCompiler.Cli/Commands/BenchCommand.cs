using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec bench: latency of the generated code.</summary>
internal static class BenchCommand
{
    // The clock has steps of some 25 ns.
    private const double ShortestMilliseconds = 0.002;

    public static Command Create()
    {
        var command = new Command("bench", "Measures the latency of the generated code, batch as in the model.");
        var arguments = new ModelArguments(command);
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var seconds = new Option<double>("--seconds") { Description = "How long to measure.", DefaultValueFactory = _ => 2, HelpName = "S" };
        var json = new Option<bool>("--json") { Description = "Machine-readable." };
        var perLayer = new Option<bool>("--per-layer") { Description = "Time of each step of the generated code, slowest first." };
        threads.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() < 1)
            {
                r.AddError("--threads takes a whole number of at least 1.");
            }
        });
        seconds.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<double>() is not (> 0 and < 3600))
            {
                r.AddError("--seconds takes a time above 0 and below 3600.");
            }
        });
        command.Options.Add(threads);
        command.Options.Add(seconds);
        command.Options.Add(json);
        command.Options.Add(perLayer);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            int team = parsed.GetValue(threads);
            using GeneratedModel net = GeneratedModel.Load(model, timed: parsed.GetValue(perLayer), threads: team);
            int running = model.Plan.HasTeam() ? team : 1;
            Tensor[] inputs = RunCommand.Inputs(model.Plan, [], seed: 1);
            long[] fastest = [.. net.StepTimes.Select(_ => long.MaxValue)];
            (double[] times, long runs) = Measure(net.Bind(inputs, net.Run(inputs)), parsed.GetValue(seconds), before: () => Array.Clear(net.StepTimes), after: () => KeepLeast(fastest, net.StepTimes));
            double median = times[times.Length / 2];
            if (parsed.GetValue(perLayer))
            {
                TextWriter table = parsed.GetValue(json) ? Console.Error : Console.Out;
                table.WriteLine(StepTable.Text(model.Plan, fastest));
            }

            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { median_ms = median, min_ms = times[0], runs, threads = running })
                : string.Create(CultureInfo.InvariantCulture, $"{model.Plan.Model.FileName}: median {Text(median)} ms, min {Text(times[0])} ms, {runs} runs, {running} thread{(running == 1 ? "" : "s")}{(running < team ? ": the model is too small for more" : "")}"));
            return ExitCode.Done;
        }));
        return command;
    }

    private static string Text(double milliseconds) => milliseconds.ToString(milliseconds < 0.01 ? "g3" : "0.####", CultureInfo.InvariantCulture);

    private static void KeepLeast(long[] least, long[] times)
    {
        for (int i = 0; i < least.Length; i++)
        {
            least[i] = Math.Min(least[i], times[i]);
        }
    }

    /// <summary>Sorted times of a run in milliseconds, after the JIT has settled. Runs of less than <see cref="ShortestMilliseconds"/> are timed several together.</summary>
    private static (double[] Times, long Runs) Measure(Action run, double seconds, Action before, Action after)
    {
        // Tier 1 code arrives after 30 calls and a pause of 100 ms without new tier 0 code.
        var warmUp = Stopwatch.StartNew();
        int warm = 0;
        for (; (warm < 60 && warmUp.Elapsed.TotalSeconds < 5) || warmUp.Elapsed.TotalSeconds < 0.4; warm++)
        {
            run();
        }

        int together = (int)Math.Clamp(Math.Ceiling(ShortestMilliseconds * warm / warmUp.Elapsed.TotalMilliseconds), 1, 1000);

        Thread.Sleep(150);
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        do
        {
            before();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < together; i++)
            {
                run();
            }

            times.Add((Stopwatch.GetTimestamp() - start) * 1e3 / Stopwatch.Frequency / together); // TimeSpan counts in 100 ns
            after();
        }
        while (total.Elapsed.TotalSeconds < seconds && times.Count < 10_000_000);
        times.Sort();
        return ([.. times], (long)times.Count * together);
    }
}
