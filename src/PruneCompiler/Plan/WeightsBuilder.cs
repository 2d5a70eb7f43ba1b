using System.Security.Cryptography;
using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>Collects the content of the weights resource. Equal content is stored once.</summary>
public sealed class WeightsBuilder
{
    private const int Alignment = 64;
    private readonly Dictionary<(WeightsSection Section, string Hash), WeightsPlace> stored = [];
    private readonly MemoryStream vectors = new();
    private readonly MemoryStream stream = new();

    /// <summary>Size of the part that is loaded as vectors.</summary>
    public long VectorBytes => vectors.Length;

    /// <summary>Appends <paramref name="content"/> at a 64-byte boundary of <paramref name="section"/> and returns its place.</summary>
    public WeightsPlace Add(WeightsSection section, ReadOnlySpan<byte> content)
    {
        var key = (section, Convert.ToHexString(SHA256.HashData(content)));
        if (stored.TryGetValue(key, out WeightsPlace? known))
        {
            return known;
        }

        MemoryStream part = section == WeightsSection.Vectors ? vectors : stream;
        var place = new WeightsPlace(section, part.Length);
        part.Write(content);
        do
        {
            part.WriteByte(0); // at least one byte, so that an empty tensor has a place too
        }
        while (part.Length % Alignment != 0);

        stored.Add(key, place);
        return place;
    }

    /// <summary>The resource: the vector part, then the stream part.</summary>
    public byte[] ToArray() => [.. vectors.ToArray(), .. stream.ToArray()];
}
