using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Cases;

/// <summary>ONNX's form of a test case: model.onnx beside test_data_set_N/input_I.pb and output_I.pb.</summary>
internal static class CaseFolder
{
    // Deeper than any collection of cases; ends circles of links.
    private const int Deepest = 8;

    /// <summary>The case folders at or below a path, in ordinal order.</summary>
    public static List<string> Find(string path) => [.. Below(path, Deepest)];

    private static IEnumerable<string> Below(string path, int depth)
    {
        if (File.Exists(Path.Combine(path, "model.onnx")))
        {
            return [path];
        }

        return depth > 0 && Directory.Exists(path) ? Directory.GetDirectories(path).Order(StringComparer.Ordinal).SelectMany(d => Below(d, depth - 1)) : [];
    }

    /// <summary>The data sets of a case.</summary>
    public static IEnumerable<string> DataSets(string folder) =>
        Directory.GetDirectories(folder, "test_data_set_*").Order(StringComparer.Ordinal);

    /// <summary>input_0.pb, input_1.pb ... of a data set.</summary>
    public static List<Tensor> Read(string dataSet, string stem)
    {
        var tensors = new List<Tensor>();
        for (int i = 0; ; i++)
        {
            string file = Path.Combine(dataSet, string.Create(CultureInfo.InvariantCulture, $"{stem}_{i}.pb"));
            if (!File.Exists(file))
            {
                return tensors;
            }

            tensors.Add(TensorFile.Read(file));
        }
    }
}
