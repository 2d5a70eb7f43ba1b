using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PruneCompiler.Diagnostics;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Cli.Commands;

/// <summary>What all commands that take one model have in common: the model, its dimensions, how errors are reported.</summary>
internal sealed class ModelArguments
{
    private readonly Argument<string> model = new("MODEL") { Description = "The ONNX file." };

    private readonly Option<string[]> dimensions = new("--dim")
    {
        Description = "Size of a symbolic dimension: NAME=VALUE. May be repeated.",
        HelpName = "NAME=VALUE",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<float> tolerance = new("--zero-tolerance")
    {
        Description = "Weights of at most this share of their layer's largest magnitude count as zero.",
        HelpName = "SHARE",
    };

    private readonly Option<bool> keepChannels = new("--no-prune") { Description = "Leave dead channels in, for comparisons." };
    private readonly Option<bool> keepNodes = new("--no-optimize") { Description = "Leave out fusion, for comparisons." };
    private readonly Option<bool> dense = new("--dense") { Description = "Run every layer dense, for comparisons." };

    private readonly Option<string[]> without = new("--without")
    {
        Description = "A strategy not to use, as inspect names it, for comparisons. May be repeated.",
        HelpName = "STRATEGY",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> target = new("--target")
    {
        Description = "The processor that strategies are chosen for: avx512, avx2, neon, scalar, or a file from prunec calibrate. The code runs on all.",
        HelpName = "NAME",
    };

    private readonly Option<string> costs = new("--costs") { Description = "The same from a file that prunec calibrate wrote.", HelpName = "FILE" };

    public ModelArguments(Command command)
    {
        dimensions.Validators.Add(CheckDimensions);
        tolerance.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<float>() is not (>= 0 and < 1))
            {
                result.AddError("--zero-tolerance takes a share from 0 to below 1.");
            }
        });
        command.Arguments.Add(model);
        foreach (Option option in new Option[] { dimensions, tolerance, keepChannels, keepNodes, dense, without, target, costs })
        {
            command.Options.Add(option);
        }
    }

    public string File(ParseResult parsed) => parsed.GetRequiredValue(model);

    public CompileOptions Options(ParseResult parsed) => new()
    {
        ClassName = "Model", // what runs in this process only needs no name of its own
        Dimensions = (parsed.GetValue(dimensions) ?? []).Select(Split).GroupBy(d => d.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().Value),
        ZeroTolerance = parsed.GetValue(tolerance),
        Prune = !parsed.GetValue(keepChannels),
        Optimize = !parsed.GetValue(keepNodes),
        DenseOnly = parsed.GetValue(dense),
        Target = parsed.GetValue(costs) is { } file ? CostFile.Load(file) : parsed.GetValue(target) is { } name ? CostFile.Find(name) : CostTargets.Portable,
        Without = parsed.GetValue(without) ?? [],
    };

    /// <summary>Runs a command's work; what goes wrong becomes diagnostics on standard error and an exit code.</summary>
    public int Guard(ParseResult parsed, Func<string, CompileOptions, int> work)
    {
        string file = File(parsed);
        using var progress = new Progress($"{parsed.CommandResult.Command.Name} {Path.GetFileName(file)}");
        try
        {
            return work(file, Options(parsed));
        }
        catch (CompileException e)
        {
            Print(file, e.Diagnostics);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Print(file, [Catalogue.OtherFile(e.Message)]);
        }
        catch (OutOfMemoryException)
        {
            Print(file, [Catalogue.TooLarge(null, "it takes more memory than there is")]);
        }
        catch (Exception e)
        {
            Print(file, [Catalogue.Internal(null, $"{e.GetType().Name}: {e.Message}")]);
            if (Environment.GetEnvironmentVariable("PRUNEC_STACK") == "1")
            {
                Console.Error.WriteLine(e);
            }
        }

        return ExitCode.Failed;
    }

    /// <summary>Prints diagnostics to standard error in MSBuild's form.</summary>
    public static void Print(string file, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            Console.Error.WriteLine(diagnostic.Format(file));
        }
    }

    private static (string Name, int Value) Split(string text)
    {
        int equals = text.LastIndexOf('=');
        return (text[..equals], int.Parse(text.AsSpan(equals + 1), CultureInfo.InvariantCulture));
    }

    private static void CheckDimensions(OptionResult result)
    {
        foreach (Token token in result.Tokens)
        {
            int equals = token.Value.LastIndexOf('=');
            if (equals <= 0 || !int.TryParse(token.Value.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size < 1)
            {
                result.AddError($"--dim {token.Value}: write NAME=VALUE with a whole number of at least 1.");
            }
        }
    }
}
