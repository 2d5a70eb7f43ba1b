using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Package;

/// <summary>The sample that hears a stream: what it prints, and its network against ONNX Runtime with the state handed on from frame to frame.</summary>
[Collection(PackageFeed.Collection)]
[Trait("Category", "Package")]
public sealed class VoiceActivitySampleTests
{
    private const int Frame = 512;

    // Where the synthesizer of samples/VoiceActivity.Training put speech into sample.wav, in seconds.
    private static readonly double[] Spoken = [0.90, 1.89, 3.23, 5.15, 6.30, 7.87];

    private static string Folder => Path.Combine(Dotnet.Repository, "samples", "VoiceActivity");

    [Fact]
    public void The_sample_finds_what_is_spoken_and_allocates_nothing()
    {
        string output = Dotnet.Run(Dotnet.Repository, "run", "-c", Dotnet.Configuration, "--project", "samples/VoiceActivity");

        double[] found = [.. Regex.Matches(output, @"speech +([0-9.]+) s to +([0-9.]+) s").SelectMany(m => new[] { m.Groups[1].Value, m.Groups[2].Value }).Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
        Assert.True(found.Length == Spoken.Length, output);
        Assert.All(Spoken.Zip(found), pair => Assert.InRange(pair.Second, pair.First - 0.2, pair.First + 0.2)); // six frames
        Assert.Matches(@"250 frames of 32 ms, [0-9]+ us each on average, 0 bytes allocated", output);
    }

    [Fact]
    public void What_is_no_WAV_file_is_refused()
    {
        (int code, string output) = Dotnet.Try(Dotnet.Repository, "run", "-c", Dotnet.Configuration, "--project", "samples/VoiceActivity", "--", Path.Combine(Folder, "speech.onnx"));

        Assert.Equal(1, code);
        Assert.Contains("this is no WAV file", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Frame_by_frame_the_probabilities_are_those_of_ONNX_Runtime()
    {
        string file = Path.Combine(Folder, "speech.onnx");
        byte[] model = File.ReadAllBytes(file), wave = File.ReadAllBytes(Path.Combine(Folder, "sample.wav"));
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions()));
        Tensor mine = new(ElementType.Float32, new Shape(1, 1, 32)), theirs = mine;
        for (int start = 44; start < wave.Length; start += 2 * Frame)
        {
            Tensor frame = Tensor.Of<float>(new Shape(1, Frame), [.. Enumerable.Range(0, Frame).Select(i => BinaryPrimitives.ReadInt16LittleEndian(wave.AsSpan(start + (2 * i))) / 32768f)]);
            Tensor[] actual = net.Run([frame, mine]), expected = OnnxRuntimeOracle.Run(model, new Dictionary<string, Tensor> { ["frame"] = frame, ["state"] = theirs });
            Assert.Equal(expected[0].As<float>()[0], actual[0].As<float>()[0], 1e-4f);
            (mine, theirs) = (actual[1], expected[1]);
        }
    }
}
