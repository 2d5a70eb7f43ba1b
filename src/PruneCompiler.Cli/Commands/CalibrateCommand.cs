using System.CommandLine;
using PruneCompiler.Calibrate;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec calibrate: measures what kernels cost on this machine, as a small file that plans can be made with.</summary>
internal static class CalibrateCommand
{
    public static Command Create()
    {
        var command = new Command("calibrate", "Measures what kernels cost on this machine (some ten seconds) and writes a cost file for CostModel=\"FILE\" and --costs FILE.");
        var output = new Option<string?>("--output", "-o") { Description = "Receives the costs; without it they are printed.", HelpName = "FILE" };
        command.Options.Add(output);
        command.SetAction(parsed =>
        {
            bool terminal = !Console.IsErrorRedirected;
            CostTarget target = Calibration.Run(what =>
            {
                if (terminal)
                {
                    Console.Error.WriteLine($"prunec: measuring, {what}");
                }
            });
            string text = CostFile.Write(target);
            if (parsed.GetValue(output) is not { } file)
            {
                Console.Write(text);
                return ExitCode.Done;
            }

            try
            {
                File.WriteAllText(file, text);
                return ExitCode.Done;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"prunec: {e.Message}");
                return ExitCode.Failed;
            }
        });
        return command;
    }
}
