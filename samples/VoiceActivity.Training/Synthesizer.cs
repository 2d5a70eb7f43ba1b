namespace VoiceActivity.Training;

/// <summary>A clip of 16 kHz audio with what a listener would say of each frame.</summary>
/// <param name="Samples">From -1 to 1.</param>
/// <param name="Speech">For each frame of <see cref="FilterBank.Frame"/> samples, whether there is speech.</param>
internal sealed record Clip(float[] Samples, bool[] Speech);

/// <summary>Makes clips of something like speech (pulses through moving formants, fricatives, pauses between words) over something that is none (noise, hum, tones, clicks).</summary>
internal sealed class Synthesizer(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>One clip.</summary>
    public Clip Make(int frames)
    {
        int length = frames * FilterBank.Frame;
        var speech = new float[length];
        var active = new bool[length];
        int at = random.Next(length / 3);
        while (at < length && random.Next(8) > 0)
        {
            at = Utterance(speech, active, at);
            at += random.Next(FilterBank.Rate * 4 / 10, FilterBank.Rate * 2); // between utterances
        }

        float[] other = Background(length);
        double level = Math.Pow(10, -Between(0.3, 1.6)), ratio = Math.Pow(10, -Between(0.3, 1.5)); // 6 to 30 dB below
        Scale(speech, level);
        Scale(other, level * ratio);
        bool[] frameSpeech = [.. Enumerable.Range(0, frames).Select(f => active.AsSpan(f * FilterBank.Frame, FilterBank.Frame).Count(true) > FilterBank.Frame / 2)];
        return new Clip([.. speech.Zip(other, (s, o) => Math.Clamp(s + o, -1, 1))], frameSpeech);
    }

    // A few syllables of one voice; pauses inside of it count as speech.
    private int Utterance(float[] target, bool[] active, int start)
    {
        double pitch = Between(85, 260), size = Between(0.85, 1.2);
        int at = start;
        for (int syllables = random.Next(2, 9); syllables > 0 && at < target.Length; syllables--)
        {
            if (random.Next(3) == 0)
            {
                at = Fricative(target, at, FilterBank.Rate * random.Next(40, 110) / 1000);
            }

            at = Vowel(target, at, FilterBank.Rate * random.Next(80, 260) / 1000, pitch * Between(0.85, 1.2), size);
            at += FilterBank.Rate * random.Next(0, 90) / 1000;
        }

        at = Math.Min(at, target.Length);
        active.AsSpan(start, at - start).Fill(true);
        return at;
    }

    private int Vowel(float[] target, int at, int length, double pitch, double size)
    {
        (double, double, double)[] vowels = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (660, 1720, 2410)];
        (double F1, double F2, double F3) from = vowels[random.Next(vowels.Length)], to = vowels[random.Next(vowels.Length)];
        Resonator[] formants = [new(), new(), new()];
        double phase = 0, drift = Between(-0.2, 0.2);
        for (int i = 0; i < length && at + i < target.Length; i++)
        {
            double t = (double)i / length;
            phase += pitch * (1 + (drift * t)) / FilterBank.Rate;
            double pulse = phase >= 1 ? 1 : 0, breath = 0.02 * Between(-1, 1);
            phase -= Math.Floor(phase);
            double y = pulse + breath;
            formants[0].Tune(size * (from.F1 + ((to.F1 - from.F1) * t)), 80);
            formants[1].Tune(size * (from.F2 + ((to.F2 - from.F2) * t)), 110);
            formants[2].Tune(size * (from.F3 + ((to.F3 - from.F3) * t)), 160);
            y = formants[0].Next(y) + (0.6 * formants[1].Next(y)) + (0.3 * formants[2].Next(y));
            target[at + i] += (float)(y * Math.Sin(Math.PI * t));
        }

        return at + length;
    }

    private int Fricative(float[] target, int at, int length)
    {
        var band = new Resonator();
        band.Tune(Between(2500, 6000), 1500);
        for (int i = 0; i < length && at + i < target.Length; i++)
        {
            target[at + i] += (float)(0.25 * band.Next(Between(-1, 1)) * Math.Sin(Math.PI * i / length));
        }

        return at + length;
    }

    private float[] Background(int length)
    {
        var result = new float[length];
        double colour = random.Next(3) switch { 0 => 0, 1 => 0.9, _ => 0.985 }, noise = 0;
        double hum = random.Next(3) == 0 ? Between(45, 400) : 0, tone = random.Next(4) == 0 ? Between(200, 3000) : 0, swell = Between(0.05, 0.6);
        int click = random.Next(3) == 0 ? random.Next(2000, 30000) : int.MaxValue;
        for (int i = 0; i < length; i++)
        {
            double t = (double)i / FilterBank.Rate;
            noise = (colour * noise) + ((1 - colour) * Between(-1, 1) * 4);
            double y = noise * (1 + (0.5 * Math.Sin(2 * Math.PI * swell * t)));
            for (int harmonic = 1; hum > 0 && harmonic <= 6; harmonic++)
            {
                y += Math.Sin(2 * Math.PI * hum * harmonic * t) / harmonic; // steady, where a voice moves
            }

            y += tone > 0 && (int)(t * 2) % 3 == 0 ? Math.Sin(2 * Math.PI * tone * t) : 0;
            y += i % click < 60 && i > click ? 6 * Between(-1, 1) : 0;
            result[i] = (float)y;
        }

        return result;
    }

    private double Between(double low, double high) => low + ((high - low) * random.NextDouble());

    private static void Scale(float[] samples, double level)
    {
        double power = Math.Sqrt(samples.Sum(s => (double)s * s) / Math.Max(1, samples.Count(s => s != 0)));
        float factor = (float)(level * 0.5 / Math.Max(power, 1e-9));
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] *= factor;
        }
    }

    // Two poles.
    private sealed class Resonator
    {
        private double a, b, gain, y1, y2;

        public void Tune(double hertz, double width)
        {
            double radius = Math.Exp(-Math.PI * width / FilterBank.Rate);
            (a, b) = (2 * radius * Math.Cos(2 * Math.PI * hertz / FilterBank.Rate), -radius * radius);
            gain = 1 - radius;
        }

        public double Next(double x)
        {
            double y = (gain * x) + (a * y1) + (b * y2);
            (y2, y1) = (y1, y);
            return y;
        }
    }
}
