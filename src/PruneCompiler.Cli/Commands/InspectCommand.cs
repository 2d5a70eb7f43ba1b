using System.CommandLine;
using System.Text.Json;
using PruneCompiler.Emit;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec inspect: what was removed from each layer, what runs it and why.</summary>
internal static class InspectCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("inspect", "Shows per layer what was removed, which strategy runs it, and why.");
        var arguments = new ModelArguments(command);
        var json = new Option<bool>("--json") { Description = "Machine-readable." };
        command.Options.Add(json);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            Console.WriteLine(parsed.GetValue(json) ? Json(model) : LayerTable.Text(model));
            return ExitCode.Done;
        }));
        return command;
    }

    private static string Json(CompiledModel model)
    {
        ModelPlan plan = model.Plan;
        return JsonSerializer.Serialize(
            new
            {
                model = plan.Model.FileName,
                macs_before = plan.Layers.Sum(l => l.MacsBefore),
                macs_after = plan.Layers.Sum(l => l.MacsAfter),
                bytes_before = plan.Layers.Sum(l => l.BytesBefore),
                bytes_after = plan.Layers.Sum(l => l.BytesAfter),
                scratch_bytes = plan.MemoryBytes,
                weights_resource_bytes = plan.Weights.Bytes,
                layers = LayerFacts.Of(model).Select(InspectJson.Layer),
                notes = plan.Notes,
                hints = model.Diagnostics.Where(d => d.Severity != Diagnostics.Severity.Error).Select(d => $"{d.Id}: {d.Message}"),
            },
            Indented);
    }
}
