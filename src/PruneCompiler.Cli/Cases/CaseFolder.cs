using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Cases;

/// <summary>ONNX's form of a test case: model.onnx beside test_data_set_N/input_I.pb and output_I.pb.</summary>
internal static class CaseFolder
{
    /// <summary>The case folders at or directly below a path, in ordinal order.</summary>
    public static List<string> Find(string path)
    {
        if (File.Exists(Path.Combine(path, "model.onnx")))
        {
            return [path];
        }

        return Directory.Exists(path)
            ? Directory.GetDirectories(path).Where(d => File.Exists(Path.Combine(d, "model.onnx"))).Order(StringComparer.Ordinal).ToList()
            : [];
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
