using System.Runtime.InteropServices;

namespace DigitsSample;

/// <summary>All logits as little-endian floats, to compare one machine's results with another's.</summary>
internal static class LogitsFile
{
    // Vector widths add in different orders, so the last bits differ.
    private const float Tolerance = 1e-4f;

    public static int Write(string file, float[][] logits)
    {
        File.WriteAllBytes(file, logits.SelectMany(row => MemoryMarshal.AsBytes<float>(row).ToArray()).ToArray());
        return 0;
    }

    public static int Compare(string file, float[][] logits)
    {
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray();
        float[] given = logits.SelectMany(row => row).ToArray();
        if (expected.Length != given.Length)
        {
            Console.WriteLine($"outputs        {given.Length} where {file} has {expected.Length}");
            return 1;
        }

        float scale = expected.Max(MathF.Abs);
        float worst = expected.Zip(given, (e, g) => MathF.Abs(e - g)).Max() / scale;
        bool same = worst <= Tolerance; // false for NaN
        Console.WriteLine($"outputs        {(same ? "equal to" : "DIFFERENT from")} those of {Path.GetFileName(file)} within {worst:0.0e+0} of the largest");
        return same ? 0 : 1;
    }
}
