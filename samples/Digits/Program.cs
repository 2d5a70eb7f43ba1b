using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using DigitsSample;

// digits.onnx became the class Digits when this project was built.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var net = new Digits();
var images = new TestImages();
var image = new float[Digits.InputLength];
var logits = new float[images.Count][];

int right = 0;
for (int i = 0; i < images.Count; i++)
{
    logits[i] = new float[Digits.LogitsLength];
    images.Load(i, image);
    net.Run(image, logits[i]);
    right += logits[i].AsSpan().IndexOf(logits[i].Max()) == images.Label(i) ? 1 : 0;
}

Console.WriteLine($"accuracy       {right} of {images.Count} images ({100.0 * right / images.Count:0.0} %)");
Console.WriteLine($"latency        {MedianMicroseconds():0.0} us per image, median, one thread ({RuntimeInformation.ProcessArchitecture}, {Vectors()})");
Console.WriteLine($"multiply-adds  {Digits.MultiplyAdds:#,0} of {Digits.DenseMultiplyAdds:#,0} ({100.0 * Digits.MultiplyAdds / Digits.DenseMultiplyAdds:0.0} %): pruning removed the rest");
Console.WriteLine($"weights        {Digits.WeightBytes:#,0} of {Digits.DenseWeightBytes:#,0} bytes ({100.0 * Digits.WeightBytes / Digits.DenseWeightBytes:0.0} %)");
return args switch
{
    [] => 0,
    ["--write", string file] => LogitsFile.Write(file, logits),
    ["--compare", string file] => LogitsFile.Compare(file, logits),
    _ => throw new ArgumentException("usage: Digits [--write FILE | --compare FILE]"),
};

double MedianMicroseconds()
{
    var result = new float[Digits.LogitsLength];
    var times = new List<long>();
    var clock = Stopwatch.StartNew();

    // The first half second is for the JIT to finish its optimised code.
    while (clock.ElapsedMilliseconds < 1500)
    {
        images.Load(times.Count % images.Count, image);
        long start = Stopwatch.GetTimestamp();
        net.Run(image, result);
        long end = Stopwatch.GetTimestamp();
        if (clock.ElapsedMilliseconds >= 500)
        {
            times.Add(end - start);
        }
    }

    times.Sort();
    return times[times.Count / 2] * 1e6 / Stopwatch.Frequency;
}

static string Vectors() =>
    AdvSimd.IsSupported ? "NEON, 128-bit vectors"
    : Vector512.IsHardwareAccelerated ? "512-bit vectors"
    : Vector256.IsHardwareAccelerated ? "256-bit vectors"
    : Vector128.IsHardwareAccelerated ? "128-bit vectors"
    : "no vectors";
