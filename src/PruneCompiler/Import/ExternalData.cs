using System.Globalization;
using Onnx;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Import;

/// <summary>Reads tensor content that lies in other files. Only files inside of the model's own folder are ever opened.</summary>
internal sealed class ExternalData(string modelFolder)
{
    private readonly string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(modelFolder));

    /// <summary>Every file that was read, so that the build knows on what the result depends.</summary>
    public SortedSet<string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The bytes of a tensor that need <paramref name="expected"/> bytes.</summary>
    /// <exception cref="CompileException">The location leaves the folder, is missing or too short.</exception>
    public byte[] Read(TensorProto tensor, long expected)
    {
        string location = Entry(tensor, "location") ?? throw Bad(tensor, "it has no location");
        long offset = Number(tensor, "offset") ?? 0, length = Number(tensor, "length") ?? expected;
        if (length != expected)
        {
            throw Bad(tensor, $"its length is {length} where its type and shape need {expected} bytes");
        }

        string path = Resolve(tensor, location);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw Bad(tensor, $"the file '{location}' is missing beside the model");
            }

            if (offset > info.Length || expected > info.Length - offset)
            {
                throw Bad(tensor, $"bytes {offset} to {offset + expected} are wanted of '{location}', which has {info.Length}");
            }

            var bytes = new byte[expected];
            Files.Add(path);
            using FileStream stream = info.OpenRead();
            stream.Position = offset;
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Bad(tensor, e.Message);
        }
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private static long? Number(TensorProto tensor, string key)
    {
        string? text = Entry(tensor, key);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : throw Bad(tensor, $"its {key} '{text}' is no number");
    }

    private static CompileException Bad(TensorProto tensor, string why) => new(Catalogue.ExternalData(tensor.Name, why));

    private string Resolve(TensorProto tensor, string location)
    {
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || location.Contains('\0') || location.Contains(':') || parts[0].Length == 0 || parts.Contains(".."))
        {
            throw Bad(tensor, $"the location '{location}' is refused: only files in the model's folder and below it are read");
        }

        string path = root;
        foreach (string part in parts.Where(p => p is not ("" or ".")))
        {
            path = Path.Combine(path, part);
            FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (entry.LinkTarget is not null)
            {
                // Where a link leads can change between this check and the read, so none is followed.
                throw Bad(tensor, $"the location '{location}' is refused: '{part}' is a symbolic link");
            }
        }

        return path;
    }
}
