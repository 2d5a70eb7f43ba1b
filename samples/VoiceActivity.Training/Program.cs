using System.Globalization;
using System.Text;
using VoiceActivity.Training;

// Trains the network of the sample VoiceActivity on made-up audio, prunes it, and writes it with a clip to listen to. Seeded: the same files on every run of one machine.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Frames = 128, Hidden = 32, Epochs = 16;
const double Zeros = 0.8;
if (args is not [string folder])
{
    Console.Error.WriteLine("usage: VoiceActivity.Training FOLDER");
    return 2;
}

Clip[] clips = Make(seed: 1, count: 500), others = Make(seed: 2, count: 100);
float[][][] features = Analyze(clips), otherFeatures = Analyze(others);
float[] shift = new float[FilterBank.Bands], scale = new float[FilterBank.Bands];
for (int band = 0; band < FilterBank.Bands; band++)
{
    float[] all = [.. features.SelectMany(clip => clip.Select(frame => frame[band]))];
    shift[band] = all.Average();
    scale[band] = 1 / MathF.Sqrt(all.Average(v => (v - shift[band]) * (v - shift[band])));
}

foreach (float[] frame in features.Concat(otherFeatures).SelectMany(clip => clip))
{
    for (int band = 0; band < FilterBank.Bands; band++)
    {
        frame[band] = (frame[band] - shift[band]) * scale[band];
    }
}

var gru = new Gru(FilterBank.Bands, Hidden, seed: 3);
var random = new Random(4);
for (int epoch = 0; epoch < Epochs; epoch++)
{
    int[] order = [.. Enumerable.Range(0, clips.Length)];
    random.Shuffle(order);
    foreach (int[] batch in order.Chunk(10))
    {
        foreach (int i in batch)
        {
            gru.Learn(features[i], clips[i].Speech, learn: true);
        }

        gru.Update(epoch < 12 ? 3e-3f : 1e-3f);
    }

    if (epoch is >= 4 and < 12)
    {
        gru.Prune(Zeros * (1 - Math.Pow(1 - ((epoch - 3) / 8.0), 3))); // gradually, as Zhu and Gupta (2017)
    }

    Console.WriteLine($"epoch {epoch + 1}: {100 * Accuracy():0.0} % of unseen frames right, {100.0 * gru.Weights.Count(w => w == 0) / gru.Weights.Length:0} % zeros");
}

File.WriteAllBytes(Path.Combine(folder, "speech.onnx"), ModelWriter.Write(gru, Hidden, shift, scale));
Clip clip = Make(seed: 34, count: 1, frames: 250)[0];
WriteWave(Path.Combine(folder, "sample.wav"), clip.Samples);
for (int f = 1; f <= clip.Speech.Length; f++)
{
    bool now = f < clip.Speech.Length && clip.Speech[f];
    if (now != clip.Speech[f - 1])
    {
        Console.WriteLine($"sample.wav: speech {(now ? "begins" : "ends")} at {f * FilterBank.Frame / (double)FilterBank.Rate:0.00} s");
    }
}

return 0;

double Accuracy() => others.Select((o, i) => gru.Learn(otherFeatures[i], o.Speech, learn: false).Zip(o.Speech, (p, s) => p >= 0.5f == s ? 1.0 : 0).Average()).Average();

static Clip[] Make(int seed, int count, int frames = Frames) => [.. Enumerable.Range(0, count).Select(i => new Synthesizer((seed * 10000) + i).Make(frames))];

static float[][][] Analyze(Clip[] clips) => [.. clips.AsParallel().AsOrdered().Select(c => c.Samples.Chunk(FilterBank.Frame).Select(f => FilterBank.Analyze(f)).ToArray())];

static void WriteWave(string file, float[] samples)
{
    using var writer = new BinaryWriter(File.Create(file), Encoding.ASCII);
    writer.Write("RIFF"u8);
    writer.Write(36 + (2 * samples.Length));
    writer.Write("WAVEfmt "u8);
    writer.Write(16);
    writer.Write((short)1); // PCM
    writer.Write((short)1); // one channel
    writer.Write(FilterBank.Rate);
    writer.Write(2 * FilterBank.Rate);
    writer.Write((short)2);
    writer.Write((short)16);
    writer.Write("data"u8);
    writer.Write(2 * samples.Length);
    foreach (float sample in samples)
    {
        writer.Write((short)Math.Round(sample * 32767));
    }
}
