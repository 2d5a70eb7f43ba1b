using System.Globalization;
using System.Text;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Plan.Cost;

/// <summary>A <see cref="CostTarget"/> as a small text file that a project can check in: a name and a number a line, comments from # on.</summary>
public static class CostFile
{
    private static readonly (string Name, Func<CostTarget, double> Get, Func<CostTarget, double, CostTarget> Set)[] Entries =
    [
        ("lanes", t => t.Lanes, (t, v) => t with { Lanes = (int)v }),
        ("dense-tap", t => t.DenseTap, (t, v) => t with { DenseTap = v }),
        ("dense-row", t => t.DenseRow, (t, v) => t with { DenseRow = v }),
        ("sparse-tap", t => t.SparseTap, (t, v) => t with { SparseTap = v }),
        ("pair-tap", t => t.PairTap, (t, v) => t with { PairTap = v }),
        ("quad-tap", t => t.QuadTap, (t, v) => t with { QuadTap = v }),
        ("octo-tap", t => t.OctoTap, (t, v) => t with { OctoTap = v }),
        ("sparse-row", t => t.SparseRow, (t, v) => t with { SparseRow = v }),
        ("shared-row", t => t.SharedRow, (t, v) => t with { SharedRow = v }),
        ("tile-tap", t => t.TileTap, (t, v) => t with { TileTap = v }),
        ("tile-row", t => t.TileRow, (t, v) => t with { TileRow = v }),
        ("tile-end", t => t.TileEnd, (t, v) => t with { TileEnd = v }),
        ("tile-line", t => t.TileLine, (t, v) => t with { TileLine = v }),
        ("shift-tap", t => t.ShiftTap, (t, v) => t with { ShiftTap = v }),
        ("shift-row", t => t.ShiftRow, (t, v) => t with { ShiftRow = v }),
        ("unrolled-tap", t => t.UnrolledTap, (t, v) => t with { UnrolledTap = v }),
        ("unrolled-row", t => t.UnrolledRow, (t, v) => t with { UnrolledRow = v }),
        ("bytes-per-cycle", t => t.BytesPerCycle, (t, v) => t with { BytesPerCycle = v }),
        ("far-bytes-per-cycle", t => t.FarBytesPerCycle, (t, v) => t with { FarBytesPerCycle = v }),
        ("matrix-tap", t => t.MatrixTap, (t, v) => t with { MatrixTap = v }),
        ("matrix-row", t => t.MatrixRow, (t, v) => t with { MatrixRow = v }),
        ("reorder", t => t.Reorder, (t, v) => t with { Reorder = v }),
        ("vector-rows-step", t => t.VectorRowsStep, (t, v) => t with { VectorRowsStep = v }),
        ("vector-windows-step", t => t.VectorWindowsStep, (t, v) => t with { VectorWindowsStep = v }),
        ("vector-shared-step", t => t.VectorSharedStep, (t, v) => t with { VectorSharedStep = v }),
        ("vector-table-step", t => t.VectorTableStep, (t, v) => t with { VectorTableStep = v }),
        ("vector-group", t => t.VectorGroup, (t, v) => t with { VectorGroup = v }),
        ("byte-step", t => t.ByteStep, (t, v) => t with { ByteStep = v }),
        ("byte-end", t => t.ByteEnd, (t, v) => t with { ByteEnd = v }),
        ("byte-quad", t => t.ByteQuad, (t, v) => t with { ByteQuad = v }),
        ("byte-row", t => t.ByteRow, (t, v) => t with { ByteRow = v }),
        ("byte-turn", t => t.ByteTurn, (t, v) => t with { ByteTurn = v }),
    ];

    /// <summary>A target by the name of a built-in one (avx512, avx2, neon, scalar), or from a file.</summary>
    /// <exception cref="CompileException">It is neither; says what is wrong.</exception>
    public static CostTarget Find(string nameOrFile)
    {
        if (CostTargets.All.FirstOrDefault(t => t.Name == nameOrFile) is { } known)
        {
            return known;
        }

        string names = string.Join(", ", CostTargets.All.Select(t => t.Name));
        return File.Exists(nameOrFile) ? Load(nameOrFile) : throw Bad($"'{nameOrFile}' is no target ({names}) and no cost file");
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CompileException">It cannot be read, or is no cost file.</exception>
    public static CostTarget Load(string file)
    {
        try
        {
            return new FileInfo(file).Length > 1 << 16 ? throw Bad($"{file} is too large for a cost file") : Parse(File.ReadAllText(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"the cost file cannot be read: {e.Message}");
        }
    }

    /// <summary>The file's text.</summary>
    public static string Write(CostTarget target)
    {
        var text = new StringBuilder();
        text.Append("# PruneCompiler costs: what kernels take on one kind of processor, in cycles, as prunec calibrate measures them. Check this file in and name\n");
        text.Append("# it: <PrunedModel Include=\"net.onnx\" CostModel=\"FILE\" />, or prunec --costs FILE. Plans depend on nothing else of a machine.\n");
        text.Append(CultureInfo.InvariantCulture, $"name {target.Name}\n");
        foreach ((string name, Func<CostTarget, double> get, _) in Entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} {get(target):0.###}\n");
        }

        return text.ToString();
    }

    /// <summary>Reads the text; every constant must be there once.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="CompileException">It is no cost file; says where.</exception>
    public static CostTarget Parse(string text, string file)
    {
        CostTarget target = CostTargets.Portable;
        var missing = new HashSet<string>(Entries.Select(e => e.Name), StringComparer.Ordinal) { "name" };
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string[] words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (words.Length != 2 || !missing.Remove(words[0]))
            {
                throw Bad($"{file}, line {number}: '{line.Trim()}' is not a known constant and its value, given once");
            }

            if (words[0] == "name")
            {
                target = target with { Name = words[1] };
                continue;
            }

            bool isNumber = double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value > 0 && value < 1e6;
            if (!isNumber || (words[0] == "lanes" && value is not (1 or 2 or 4 or 8 or 16)))
            {
                throw Bad($"{file}, line {number}: {words[0]} cannot be {words[1]}");
            }

            target = Entries.First(e => e.Name == words[0]).Set(target, value);
        }

        return missing.Count == 0 ? target : throw Bad($"{file} lacks {string.Join(", ", missing.Order(StringComparer.Ordinal))}; make it again with prunec calibrate");
    }

    private static CompileException Bad(string why) => new(Catalogue.BadOption(why));
}
