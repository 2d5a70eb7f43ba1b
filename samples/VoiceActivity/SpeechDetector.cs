namespace VoiceActivity;

/// <summary>Hears a stream frame by frame. What it remembers between frames is the network's state, which goes in and comes out of every run.</summary>
internal sealed class SpeechDetector
{
    private readonly Speech net = new();

    // Outputs may be written before inputs are read to the end, so the state has two buffers, which change places.
    private float[] state = new float[Speech.StateLength];
    private float[] next = new float[Speech.NextStateLength];

    /// <summary>Samples of a frame: 32 ms at 16 kHz.</summary>
    public static int FrameLength => Speech.FrameLength;

    /// <summary>The probability that there is speech in the next frame of the stream. Allocates nothing.</summary>
    /// <param name="frame"><see cref="FrameLength"/> samples from -1 to 1.</param>
    public float Hear(ReadOnlySpan<float> frame)
    {
        float speech = 0;
        net.Run(frame, state, new Span<float>(ref speech), next);
        (state, next) = (next, state);
        return speech;
    }

    /// <summary>Forgets what was heard: the next frame begins another stream.</summary>
    public void Reset() => Array.Clear(state);
}
