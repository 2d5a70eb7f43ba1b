using System.Text.RegularExpressions;

namespace PruneCompiler.Plan;

/// <summary>Names for people: without what exporters append to them. The plan and the messages keep the model's own names.</summary>
internal static partial class ReadableNames
{
    /// <summary>
    /// PyTorch's exporter calls a node PATH/Operator and its value PATH/Operator_output_0. The first output's suffix goes, and so does the operator where the
    /// path is a module that is nothing but this layer (/layer1/conv1/Conv). Other names stay as they are.
    /// </summary>
    public static string Of(string name)
    {
        Match match = TorchName().Match(name);
        if (!match.Success)
        {
            return name;
        }

        string output = match.Groups["output"].Value;
        return match.Groups["path"].Value + match.Groups["operator"].Value + (output is "" or "0" ? "" : $" output {output}") + match.Groups["rest"].Value;
    }

    // Behind the output's number comes another where a rewritten node needed a new name for its value; behind a space, what we call memory of our own.
    [GeneratedRegex(
        @"^(?<path>/(?:[^/]+/)*)(?:(?<=[^/]/)(?:Conv|ConvTranspose|Gemm|BatchNormalization|MaxPool|AveragePool|GRU|LSTM|RNN)|(?<operator>[A-Z]\w*?))(?:_output_(?<output>\d+)(?:_\d+)?)?(?<rest> .*)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex TorchName();
}
