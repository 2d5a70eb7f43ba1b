using System.Diagnostics;
using System.Globalization;
using VoiceActivity;

// speech.onnx became the class Speech when this project was built. usage: VoiceActivity [FILE.wav | -]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Rate = 16_000;
string file = args is [string given] ? given : Path.Combine(AppContext.BaseDirectory, "sample.wav");
try
{
    using Stream stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
    var audio = new WaveReader(stream, Rate, SpeechDetector.FrameLength);
    var detector = new SpeechDetector();
    var segments = new Segmenter(SpeechDetector.FrameLength / (double)Rate);
    var frame = new float[SpeechDetector.FrameLength];
    detector.Hear(frame); // the JIT compiles the network
    detector.Reset();

    int frames = 0;
    long ticks = 0, allocated = 0;
    while (audio.Read(frame))
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        float speech = detector.Hear(frame);
        ticks += Stopwatch.GetTimestamp() - start;
        allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        frames++;
        if (segments.Add(speech, out (double Begin, double End) segment))
        {
            Print(segment);
        }
    }

    if (segments.Finish(out (double Begin, double End) last))
    {
        Print(last);
    }

    Console.WriteLine($"{frames} frames of 32 ms, {ticks * 1e6 / Stopwatch.Frequency / Math.Max(1, frames):0} us each on average, {allocated} bytes allocated by them");
    Console.WriteLine($"multiply-adds per frame: {Speech.MultiplyAdds:#,0} of {Speech.DenseMultiplyAdds:#,0}; weights: {Speech.WeightBytes:#,0} of {Speech.DenseWeightBytes:#,0} bytes");
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
{
    Console.Error.WriteLine($"{file}: {e.Message}");
    return 1;
}

static void Print((double Begin, double End) segment) => Console.WriteLine($"speech {segment.Begin,7:0.00} s to {segment.End,7:0.00} s");
