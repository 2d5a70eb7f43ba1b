namespace VoiceActivity;

/// <summary>Makes segments of probabilities: speech begins with one sure frame and ends after several that are sure of the contrary.</summary>
internal sealed class Segmenter(double secondsPerFrame)
{
    private const float Begins = 0.6f;
    private const float Ends = 0.4f;
    private const int FramesToEnd = 6; // 192 ms: pauses inside of a sentence are shorter

    private int frames, begin = -1, quiet;

    /// <summary>Takes the next frame; true when a segment came to its end with it.</summary>
    public bool Add(float speech, out (double Begin, double End) segment)
    {
        segment = default;
        int frame = frames++;
        if (begin < 0)
        {
            begin = speech >= Begins ? frame : -1;
            quiet = 0;
            return false;
        }

        quiet = speech < Ends ? quiet + 1 : 0;
        return quiet == FramesToEnd && Finish(out segment);
    }

    /// <summary>The stream has ended; true when a segment ends with it.</summary>
    public bool Finish(out (double Begin, double End) segment)
    {
        segment = (begin * secondsPerFrame, (frames - quiet) * secondsPerFrame);
        bool open = begin >= 0;
        begin = -1;
        return open;
    }
}
