using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PruneCompiler.Runtime;

namespace PruneCompiler.Benchmarks.Runtime;

/// <summary>What the hardware can do at most: the roof beside which kernel figures are read.</summary>
internal static unsafe class Machine
{
    /// <summary>Prints the multiply-add peak and the read bandwidth by working-set size.</summary>
    public static void Print()
    {
        Console.WriteLine($"multiply-add peak  {PeakMultiplyAdds() / 1e9,7:f1} G/s");
        foreach (var kib in new[] { 16, 256, 768, 4096, 65536 })
        {
            Console.WriteLine($"read {kib,6} KiB     {ReadBandwidth(kib * 1024) / 1e9,7:f1} GB/s");
        }
    }

    /// <summary>Float multiply-adds per second of one core: 16 independent chains of the widest vector.</summary>
    public static double PeakMultiplyAdds()
    {
        const int Steps = 4000;
        var lanes = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
        var sink = 0f;
        var seconds = Stopwatches.Best(0.2, () => sink += lanes switch
        {
            16 => Chains512(Steps),
            8 => Chains256(Steps),
            _ => Chains128(Steps),
        })[0];
        GC.KeepAlive(sink);
        return 12.0 * lanes * Steps / seconds;
    }

    /// <summary>Bytes per second of one core reading <paramref name="bytes"/> bytes again and again.</summary>
    public static double ReadBandwidth(int bytes)
    {
        var p = (float*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        new Span<byte>(p, bytes).Clear();
        var sink = 0f;
        var seconds = Stopwatches.Best(0.2, () => sink += Read(p, bytes / 4))[0];
        NativeMemory.AlignedFree(p);
        GC.KeepAlive(sink);
        return bytes / seconds;
    }

    private static float Read(float* p, int count)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += 32)
        {
            a += *(Vector256<float>*)(p + i);
            b += *(Vector256<float>*)(p + i + 8);
            c += *(Vector256<float>*)(p + i + 16);
            d += *(Vector256<float>*)(p + i + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }

    private static float Chains512(int steps)
    {
        Vector512<float> x = Vector512.Create(0.5f), a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var s = 0; s < steps; s++)
        {
            a = Simd.MultiplyAdd(a, x, x); b = Simd.MultiplyAdd(b, x, x); c = Simd.MultiplyAdd(c, x, x); d = Simd.MultiplyAdd(d, x, x);
            e = Simd.MultiplyAdd(e, x, x); f = Simd.MultiplyAdd(f, x, x); g = Simd.MultiplyAdd(g, x, x); h = Simd.MultiplyAdd(h, x, x);
            i = Simd.MultiplyAdd(i, x, x); j = Simd.MultiplyAdd(j, x, x); k = Simd.MultiplyAdd(k, x, x); l = Simd.MultiplyAdd(l, x, x);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static float Chains256(int steps)
    {
        Vector256<float> x = Vector256.Create(0.5f), a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var s = 0; s < steps; s++)
        {
            a = Simd.MultiplyAdd(a, x, x); b = Simd.MultiplyAdd(b, x, x); c = Simd.MultiplyAdd(c, x, x); d = Simd.MultiplyAdd(d, x, x);
            e = Simd.MultiplyAdd(e, x, x); f = Simd.MultiplyAdd(f, x, x); g = Simd.MultiplyAdd(g, x, x); h = Simd.MultiplyAdd(h, x, x);
            i = Simd.MultiplyAdd(i, x, x); j = Simd.MultiplyAdd(j, x, x); k = Simd.MultiplyAdd(k, x, x); l = Simd.MultiplyAdd(l, x, x);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static float Chains128(int steps)
    {
        Vector128<float> x = Vector128.Create(0.5f), a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var s = 0; s < steps; s++)
        {
            a = Simd.MultiplyAdd(a, x, x); b = Simd.MultiplyAdd(b, x, x); c = Simd.MultiplyAdd(c, x, x); d = Simd.MultiplyAdd(d, x, x);
            e = Simd.MultiplyAdd(e, x, x); f = Simd.MultiplyAdd(f, x, x); g = Simd.MultiplyAdd(g, x, x); h = Simd.MultiplyAdd(h, x, x);
            i = Simd.MultiplyAdd(i, x, x); j = Simd.MultiplyAdd(j, x, x); k = Simd.MultiplyAdd(k, x, x); l = Simd.MultiplyAdd(l, x, x);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
