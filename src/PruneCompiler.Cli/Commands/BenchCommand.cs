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
            double[] times = Measure(net.Bind(inputs, net.Run(inputs)), parsed.GetValue(seconds), before: () => Array.Clear(net.StepTimes), after: () => KeepLeast(fastest, net.StepTimes));
            double median = times[times.Length / 2];
            if (parsed.GetValue(perLayer))
            {
                Console.WriteLine(StepTable.Text(model.Plan, fastest));
            }

            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { median_ms = median, min_ms = times[0], runs = times.Length, threads = running })
                : string.Create(CultureInfo.InvariantCulture, $"{model.Plan.Model.FileName}: median {median:0.####} ms, min {times[0]:0.####} ms, {times.Length} runs, {running} thread{(running == 1 ? "" : "s")}{(running < team ? ": the model is too small for more" : "")}"));
            return ExitCode.Done;
        }));
        return command;
    }

    private static void KeepLeast(long[] least, long[] times)
    {
        for (int i = 0; i < least.Length; i++)
        {
            least[i] = Math.Min(least[i], times[i]);
        }
    }

    /// <summary>Sorted times of single runs in milliseconds, after the JIT has settled.</summary>
    private static double[] Measure(Action run, double seconds, Action before, Action after)
    {
        // Tier 1 code arrives after 30 calls and a pause of 100 ms without new tier 0 code.
        var warmUp = Stopwatch.StartNew();
        for (int i = 0; (i < 60 && warmUp.Elapsed.TotalSeconds < 5) || warmUp.Elapsed.TotalSeconds < 0.4; i++)
        {
            run();
        }

        Thread.Sleep(150);
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        do
        {
            before();
            long start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            after();
        }
        while (total.Elapsed.TotalSeconds < seconds && times.Count < 10_000_000);
        times.Sort();
        return [.. times];
    }
}
