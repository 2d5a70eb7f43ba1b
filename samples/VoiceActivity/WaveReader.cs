using System.Buffers.Binary;

namespace VoiceActivity;

/// <summary>Reads a WAV stream of 16 kHz and 16 bits piece by piece, several channels as their mean. Needs no length or position, so that standard input will do.</summary>
internal sealed class WaveReader
{
    private readonly Stream stream;
    private readonly int channels;
    private readonly byte[] bytes;
    private long left;

    /// <summary>Reads up to the samples.</summary>
    /// <param name="stream">A RIFF stream.</param>
    /// <param name="rate">The sampling rate that it must have.</param>
    /// <param name="frame">Samples that <see cref="Read"/> gives at a time.</param>
    /// <exception cref="InvalidDataException">It is something else; says what.</exception>
    public WaveReader(Stream stream, int rate, int frame)
    {
        this.stream = stream;
        Span<byte> header = stackalloc byte[12], format = stackalloc byte[16];
        Fill(header);
        if (!header[..4].SequenceEqual("RIFF"u8) || !header[8..].SequenceEqual("WAVE"u8))
        {
            throw new InvalidDataException("this is no WAV file");
        }

        while (true)
        {
            Fill(header[..8]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            if (header[..4].SequenceEqual("data"u8))
            {
                // Programs that write to a pipe know no length: up to the end then.
                left = length is 0 or uint.MaxValue ? long.MaxValue : length;
                break;
            }

            bool isFormat = header[..4].SequenceEqual("fmt "u8) && length >= 16;
            if (isFormat)
            {
                Fill(format);
                channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
            }

            Skip(length + (length % 2) - (isFormat ? 16 : 0));
        }

        int kind = BinaryPrimitives.ReadUInt16LittleEndian(format), given = BinaryPrimitives.ReadInt32LittleEndian(format[4..]), bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        if (channels == 0 || kind is not (1 or 0xFFFE) || bits != 16 || given != rate)
        {
            throw new InvalidDataException($"{rate} Hz with 16 bits is needed, this is {given} Hz with {bits} bits (format {kind}, {channels} channels)");
        }

        bytes = new byte[2 * channels * frame];
    }

    /// <summary>The next samples, from -1 to 1; a last piece is filled up with silence. False at the end.</summary>
    public bool Read(Span<float> frame)
    {
        int wanted = (int)Math.Min(left, bytes.Length), count = stream.ReadAtLeast(bytes.AsSpan(0, wanted), wanted, throwOnEndOfStream: false);
        left -= count;
        int samples = count / (2 * channels);
        for (int i = 0; i < samples; i++)
        {
            int sum = 0;
            for (int c = 0; c < channels; c++)
            {
                sum += BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(2 * ((i * channels) + c)));
            }

            frame[i] = sum / (32768f * channels);
        }

        frame[samples..].Clear();
        return samples > 0;
    }

    private void Fill(Span<byte> target)
    {
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw new InvalidDataException("the WAV file ends before its samples");
        }
    }

    private void Skip(long count)
    {
        Span<byte> some = stackalloc byte[256];
        for (; count > 0; count -= some.Length)
        {
            Fill(some[..(int)Math.Min(count, some.Length)]);
        }
    }
}
