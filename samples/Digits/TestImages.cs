using System.Reflection;

namespace DigitsSample;

/// <summary>Handwritten digits of the MNIST test split, embedded in the app: 28 x 28 grey bytes each.</summary>
internal sealed class TestImages
{
    private readonly byte[] pixels = Read("images.u8");
    private readonly byte[] labels = Read("labels.u8");

    /// <summary>Number of images.</summary>
    public int Count => labels.Length;

    /// <summary>The digit that image <paramref name="index"/> shows.</summary>
    public int Label(int index) => labels[index];

    /// <summary>Writes image <paramref name="index"/> as floats from 0 to 1.</summary>
    public void Load(int index, Span<float> image)
    {
        ReadOnlySpan<byte> grey = pixels.AsSpan(index * image.Length, image.Length);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = grey[i] / 255f;
        }
    }

    private static byte[] Read(string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
