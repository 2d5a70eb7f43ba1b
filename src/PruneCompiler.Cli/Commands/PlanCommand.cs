using System.CommandLine;
using System.Globalization;
using System.Text;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.Import;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>
/// <c>prunec plan</c>: the first half of the build, as the package's targets call it. Its options are item metadata, passed on as they
/// stand in the project file; only the targets use it.
/// </summary>
internal static class PlanCommand
{
    private static readonly Argument<string> Model = new("MODEL") { Description = "The ONNX file." };
    private static readonly Option<string> PlanFile = new("--plan") { Required = true, Description = "Receives the plan." };
    private static readonly Option<string> WeightsFile = new("--weights") { Required = true, Description = "Receives the content of the weights resource." };
    private static readonly Option<string> InputsFile = new("--inputs") { Description = "Receives the files that were read beside the model, a line each." };
    private static readonly Option<string> ReportFile = new("--report") { Description = "Receives the report, an HTML page." };
    private static readonly Option<string> ClassName = new("--class") { Description = "Class name; by default from the file name." };
    private static readonly Option<string> Namespace = new("--namespace") { Description = "Namespace of the class." };
    private static readonly Option<string> Resource = new("--resource") { Description = "Logical name of the weights resource." };
    private static readonly Option<string> Dimensions = new("--dimensions") { Description = "Sizes of symbolic dimensions: batch=1;seq=128." };
    private static readonly Option<string> ZeroTolerance = new("--zero-tolerance") { Description = "Weights up to this share of their layer's largest count as zero." };

    private static readonly Option<string> Target = new("--target") { Description = "The processor that strategies are chosen for, or a cost file." };
    private static readonly Option<string> Costs = new("--costs") { Description = "A file from prunec calibrate; wins over --target." };

    public static Command Create()
    {
        var command = new Command("plan", "Compiles a model to a plan and its weights (used by the build).")
        {
            Model, PlanFile, WeightsFile, InputsFile, ReportFile, ClassName, Namespace, Resource, Dimensions, ZeroTolerance, Target, Costs,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        string model = arguments.GetValue(Model)!;
        try
        {
            CompileOptions options = ReadOptions(arguments);
            ImportedModel imported = OnnxImporter.Load(model, options);
            CompiledModel compiled = ModelCompiler.Compile(imported, options);
            Print(model, compiled.Diagnostics);
            WriteWhole(arguments.GetValue(WeightsFile)!, compiled.Weights);
            if (arguments.GetValue(InputsFile) is { } inputs)
            {
                WriteWhole(inputs, Encoding.UTF8.GetBytes(string.Concat(BesideModel(arguments, imported).Select(f => f + "\n"))));
            }

            if (arguments.GetValue(ReportFile) is { } report)
            {
                WriteWhole(report, Encoding.UTF8.GetBytes(HtmlReport.Write(compiled, times: null)));
            }

            WriteWhole(arguments.GetValue(PlanFile)!, Encoding.UTF8.GetBytes(PlanWriter.Write(compiled.Plan)));
            return 0;
        }
        catch (CompileException e)
        {
            Print(model, e.Diagnostics);
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Print(model, [Catalogue.FileUnreadable(e.Message)]);
            return 1;
        }
        catch (Exception e)
        {
            // A build log needs one line that MSBuild can read; the trace is for the report that the message asks for.
            Print(model, [Catalogue.Internal(null, $"{e.GetType().Name}: {e.Message}")]);
            Console.Error.WriteLine(e.StackTrace);
            return 1;
        }
    }

    // A change of any of them makes the plan again.
    private static IEnumerable<string> BesideModel(ParseResult arguments, ImportedModel imported) =>
        imported.ExternalFiles.Concat(new[] { arguments.GetValue(Costs), arguments.GetValue(Target) }.Where(File.Exists).Select(f => f!));

    private static CompileOptions ReadOptions(ParseResult arguments) => new()
    {
        ClassName = arguments.GetValue(ClassName) is { Length: > 0 } name ? name : null,
        Namespace = arguments.GetValue(Namespace) ?? "",
        WeightsResource = arguments.GetValue(Resource),
        Dimensions = ReadDimensions(arguments.GetValue(Dimensions) ?? ""),
        Target = arguments.GetValue(Costs) is { Length: > 0 } file ? CostFile.Load(file) : arguments.GetValue(Target) is { Length: > 0 } kind ? CostFile.Find(kind) : CostTargets.Portable,
        ZeroTolerance = ReadTolerance(arguments.GetValue(ZeroTolerance) ?? ""),
    };

    private static Dictionary<string, int> ReadDimensions(string text)
    {
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string part in text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int at = part.LastIndexOf('=');
            if (at < 1 || !int.TryParse(part[(at + 1)..], NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out int size) || !result.TryAdd(part[..at].Trim(), size))
            {
                throw new CompileException(Catalogue.BadOption($"Dimensions=\"{text}\" is not of the form \"batch=1;seq=128\": look at '{part}'"));
            }
        }

        return result;
    }

    private static float ReadTolerance(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value is >= 0 and < 1
            ? value
            : throw new CompileException(Catalogue.BadOption($"ZeroTolerance=\"{text}\" is not a number from 0 to below 1"));
    }

    // A build that is interrupted must not leave a half-written file that looks up to date.
    private static void WriteWhole(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string part = path + ".part";
        File.WriteAllBytes(part, content);
        File.Move(part, path, overwrite: true);
    }

    private static void Print(string model, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            // MSBuild reads the text up to the first colon as the place of an error.
            Console.Error.WriteLine((diagnostic with { Node = diagnostic.Node?.Replace(':', '.') }).Format(model));
        }
    }
}
