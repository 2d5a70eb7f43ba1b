using System.Globalization;
using PruneCompiler.Import;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Files;

/// <summary>Tensors in files: .npy, or ONNX TensorProto as .pb.</summary>
public static class TensorFile
{
    /// <summary>Reads a tensor by the file's ending.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read; says why.</exception>
    public static Tensor Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"{file} does not exist");
        }

        return Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".npy" => NpyFile.Read(file),
            ".pb" => TensorReader.ReadFile(file),
            string other => throw new InvalidDataException($"{file}: '{other}' is no tensor file; give .npy or .pb"),
        };
    }

    /// <summary>File names for outputs, one each: names that become equal get a number.</summary>
    public static List<string> SafeNames(IEnumerable<string> names)
    {
        var result = new List<string>();
        foreach (string name in names.Select(SafeName))
        {
            string free = name;
            for (int i = 2; result.Contains(free, StringComparer.OrdinalIgnoreCase); i++)
            {
                free = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
            }

            result.Add(free);
        }

        return result;
    }

    /// <summary>A file name for an output: characters other than letters, digits, '_', '-', '.' become '_'.</summary>
    public static string SafeName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_'));
}
