using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PruneCompiler.Cli.InMemory;
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
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            using GeneratedModel net = GeneratedModel.Load(model);
            Tensor[] inputs = RunCommand.Inputs(model.Plan, [], seed: 1);
            double[] times = Measure(net.Bind(inputs, net.Run(inputs)), parsed.GetValue(seconds));
            double median = times[times.Length / 2];
            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { median_ms = median, min_ms = times[0], runs = times.Length })
                : string.Create(CultureInfo.InvariantCulture, $"{model.Plan.Model.FileName}: median {median:0.####} ms, min {times[0]:0.####} ms, {times.Length} runs, 1 thread"));
            return ExitCode.Done;
        }));
        return command;
    }

    /// <summary>Sorted times of single runs in milliseconds, after the JIT has settled.</summary>
    private static double[] Measure(Action run, double seconds)
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
            long start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        while (total.Elapsed.TotalSeconds < seconds && times.Count < 10_000_000);
        times.Sort();
        return [.. times];
    }
}
