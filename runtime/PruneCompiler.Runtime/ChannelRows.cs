// needs: Lanes, Simd, Panels
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Turns the sums of a tile, channels in the lanes, into rows of pixels, and finishes and stores them: bias, residual, activation. Writes the pixels, and zeros behind
/// them where a row ends.
/// </summary>
internal readonly unsafe ref struct ChannelRows
{
    /// <summary>Floats of working memory: sums of 32 pixels by 32 channels, 4 channels of 16 pixels, masks, biases.</summary>
    public const int ScratchFloats = (32 * 32) + (4 * 16) + 64 + 32;

    private readonly float* turned, masks, zeros;
    private readonly PanelEpilogue epilogue;

    /// <summary>Prepares the working memory.</summary>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, zero; 64-byte aligned for speed.</param>
    /// <param name="epilogue">Bias, residual, activation, where to store; the mask is not used.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="distance">Elements from a row to the next of a flat plane.</param>
    public ChannelRows(float* scratch, in PanelEpilogue epilogue, int width, int distance)
    {
        Sums = scratch;
        turned = scratch + (32 * 32);
        masks = turned + (4 * 16);
        zeros = masks + 64;
        this.epilogue = epilogue;
        for (int i = 0; i < 16; i++)
        {
            ((uint*)masks)[i] = ((uint*)masks)[i + 32] = uint.MaxValue;
            ((uint*)masks)[i + 48] = i < width || (i >= distance && i < distance + width) ? uint.MaxValue : 0;
        }
    }

    /// <summary>[pixels][2 vectors of channels]: the sums of a tile.</summary>
    public float* Sums { get; }

    /// <summary>True where two rows can be finished as one: they lie in one vector, with zeros between them.</summary>
    public bool CanJoin<TV, TS>(in PanelLoops loops)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => loops.OutputRow == loops.StoredWidth && loops.StoredWidth + loops.Width <= TS.Count
            && IsPlain && (epilogue.Residual == null || loops.ResidualRow == loops.OutputRow);

    // One bias for a channel, and bounds for an activation.
    private bool IsPlain => epilogue.BiasRows == null && epilogue.Slope == 1f;

    /// <summary>Finishes one row of a tile, or two rows of a flat plane as one.</summary>
    /// <param name="at">The row's first pixel in output, residual and biases.</param>
    /// <param name="sums">Its sums.</param>
    /// <param name="pixels">Pixels.</param>
    /// <param name="behind">Zeros to store behind them where the row ends; negative where further tiles of the row follow.</param>
    /// <param name="room">Elements from the first pixel on that may be written, if they keep their value: a vector is stored where it fits.</param>
    /// <param name="o">First channel.</param>
    /// <param name="channels">Channels, at most 2 vectors.</param>
    /// <param name="joined">Two rows, their pixels counted from the first one's first to the second one's last.</param>
    /// <remarks>Bounds: the residual is read up to a vector from its pixel on, which every layout has room for behind its last row.</remarks>
    public void Finish<TV, TS>(in PanelVector at, float* sums, int pixels, int behind, int room, int o, int channels, bool joined)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int done = 0;
        for (int x = 0; x < pixels; x += TS.Count)
        {
            int count = pixels - x < TS.Count ? pixels - x : TS.Count;
            int cleared = behind < 0 ? count : pixels - x + behind < TS.Count ? pixels - x + behind : TS.Count;
            bool whole = room - x >= TS.Count;
            done = x + (whole ? cleared : count);
            if (whole && TS.Count > 1 && IsPlain)
            {
                int end = x + TS.Count >= pixels && behind > 0 ? pixels - x + behind : 0, more = end > TS.Count && end <= 2 * TS.Count ? end - TS.Count : 0;
                Plain<TV, TS>(at, sums + (2 * x * TS.Count), x, joined ? masks + 48 : masks + 16 - count, cleared, more, o, channels);
                done += more;
            }
            else
            {
                Any<TV, TS>(at, sums + (2 * x * TS.Count), x, count, cleared, whole, o, channels);
            }
        }

        for (int c = 0; c < channels && pixels + behind > done; c++)
        {
            Zero(at.Output + epilogue.OutputOffset[o + c] + done, pixels + behind - done);
        }
    }

    // One bias for a channel, bounds for an activation, whole vectors stored: everything stays in registers. Lanes behind the pixels become zero up to `cleared`, the others
    // keep what a residual in place has there; without one they are written again by the tile that follows. The `more` elements behind the vector become zero too.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Plain<TV, TS>(in PanelVector at, float* sums, int x, float* pixels, int cleared, int more, int o, int channels)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        float* output = at.Output + x, residual = epilogue.Residual == null ? null : at.Residual + x;
        float* bias = epilogue.Bias == null ? zeros : epilogue.Bias + o;
        nint biasStep = epilogue.Bias == null ? 0 : 1;
        int* to = epilogue.OutputOffset + o, residualAt = epilogue.ResidualOffset + o;
        TV low = TS.Create(epilogue.Low), high = TS.Create(epilogue.High), mask = TS.Load(pixels), keep = TS.Load(masks + 32 - cleared);
        for (; channels > 0; channels -= 4, sums += 4, to += 4, residualAt += 4, bias += 4 * biasStep)
        {
            Turn<TV>(sums, out TV t0, out TV t1, out TV t2, out TV t3);
            Store<TV, TS>(output + to[0], t0, bias, residual, residualAt, low, high, mask, keep, more);
            if (channels > 1)
            {
                Store<TV, TS>(output + to[1], t1, bias + biasStep, residual, residualAt + 1, low, high, mask, keep, more);
            }

            if (channels > 2)
            {
                Store<TV, TS>(output + to[2], t2, bias + (2 * biasStep), residual, residualAt + 2, low, high, mask, keep, more);
            }

            if (channels > 3)
            {
                Store<TV, TS>(output + to[3], t3, bias + (3 * biasStep), residual, residualAt + 3, low, high, mask, keep, more);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TV, TS>(float* to, TV sum, float* bias, float* residual, int* residualAt, TV low, TV high, TV mask, TV keep, nint more)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        TV value = TS.Add(sum, TS.Broadcast(bias));
        if (residual == null)
        {
            value = TS.And(mask, TS.Min(high, TS.Max(low, value)));
        }
        else
        {
            TV old = TS.Load(residual + *residualAt);
            value = TS.Select(mask, TS.Min(high, TS.Max(low, TS.Add(value, old))), TS.And(old, keep));
        }

        if (more > 0)
        {
            TS.Store(to + more, default); // and what of the pixels it covers is written next
        }

        TS.Store(to, value);
    }

    // All else, channel by channel through memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Any<TV, TS>(in PanelVector at, float* sums, int x, int count, int cleared, bool whole, int o, int channels)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        TV mask = TS.Load(masks + 16 - count), keep = TS.Load(masks + 32 - cleared);
        for (int c = 0; c < channels; c++)
        {
            if (TS.Count == 1)
            {
                *turned = sums[c];
            }
            else if (c % 4 == 0)
            {
                Turn<TV>(sums + c, out TV t0, out TV t1, out TV t2, out TV t3);
                TS.Store(turned, t0);
                TS.Store(turned + TS.Count, t1);
                TS.Store(turned + (2 * TS.Count), t2);
                TS.Store(turned + (3 * TS.Count), t3);
            }

            float* from = TS.Count == 1 ? turned : turned + (c % 4 * TS.Count), to = at.Output + epilogue.OutputOffset[o + c] + x;
            TV value = TS.Load(from), old = default;
            value = TS.Add(value, epilogue.BiasRows != null ? TS.Load(at.BiasRow + ((nint)(o + c) * epilogue.BiasRowLength) + x) : TS.Create(epilogue.Bias == null ? 0f : epilogue.Bias[o + c]));
            if (epilogue.Residual != null)
            {
                old = TS.Load(at.Residual + epilogue.ResidualOffset[o + c] + x);
                value = TS.Add(value, old);
            }

            value = epilogue.Slope == 1f ? value : Panels.Leak<TV, TS>(value, TS.Create(epilogue.Slope));
            value = TS.Min(TS.Create(epilogue.High), TS.Max(TS.Create(epilogue.Low), value));
            if (whole)
            {
                TS.Store(to, TS.Select(mask, value, TS.And(old, keep)));
            }
            else
            {
                TS.Store(from, value);
                Copy(from, to, count);
            }
        }
    }

    private static void Copy(float* from, float* to, int count)
    {
        if ((count & 8) != 0)
        {
            *(Vector256<float>*)to = *(Vector256<float>*)from;
            from += 8;
            to += 8;
        }

        if ((count & 4) != 0)
        {
            *(Vector128<float>*)to = *(Vector128<float>*)from;
            from += 4;
            to += 4;
        }

        if ((count & 2) != 0)
        {
            *(double*)to = *(double*)from;
            from += 2;
            to += 2;
        }

        if ((count & 1) != 0)
        {
            *to = *from;
        }
    }

    private static void Zero(float* to, int count)
    {
        for (; count >= 4; count -= 4, to += 4)
        {
            *(Vector128<float>*)to = default;
        }

        for (; count > 0; count--, to++)
        {
            *to = 0;
        }
    }

    // Four neighbouring channels of as many pixels as a vector has lanes, a vector of pixels for each channel.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<TV>(float* s, out TV t0, out TV t1, out TV t2, out TV t3)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector512<float>) && Avx512F.IsSupported)
        {
            Vector512<float> a = Quarters(s), b = Quarters(s + 32), c = Quarters(s + 64), d = Quarters(s + 96);
            Vector512<float> ac = Avx512F.UnpackLow(a, c), bd = Avx512F.UnpackLow(b, d), ac2 = Avx512F.UnpackHigh(a, c), bd2 = Avx512F.UnpackHigh(b, d);
            t0 = Unsafe.BitCast<Vector512<float>, TV>(Avx512F.UnpackLow(ac, bd));
            t1 = Unsafe.BitCast<Vector512<float>, TV>(Avx512F.UnpackHigh(ac, bd));
            t2 = Unsafe.BitCast<Vector512<float>, TV>(Avx512F.UnpackLow(ac2, bd2));
            t3 = Unsafe.BitCast<Vector512<float>, TV>(Avx512F.UnpackHigh(ac2, bd2));
        }
        else if (typeof(TV) == typeof(Vector256<float>) && Avx.IsSupported)
        {
            Vector256<float> a = Halves(s), b = Halves(s + 16), c = Halves(s + 32), d = Halves(s + 48);
            Vector256<float> ac = Avx.UnpackLow(a, c), bd = Avx.UnpackLow(b, d), ac2 = Avx.UnpackHigh(a, c), bd2 = Avx.UnpackHigh(b, d);
            t0 = Unsafe.BitCast<Vector256<float>, TV>(Avx.UnpackLow(ac, bd));
            t1 = Unsafe.BitCast<Vector256<float>, TV>(Avx.UnpackHigh(ac, bd));
            t2 = Unsafe.BitCast<Vector256<float>, TV>(Avx.UnpackLow(ac2, bd2));
            t3 = Unsafe.BitCast<Vector256<float>, TV>(Avx.UnpackHigh(ac2, bd2));
        }
        else if (typeof(TV) == typeof(Vector128<float>))
        {
            Vector128<float> a = *(Vector128<float>*)s, b = *(Vector128<float>*)(s + 8), c = *(Vector128<float>*)(s + 16), d = *(Vector128<float>*)(s + 24);
            Simd.Interleave(a, c, out Vector128<float> ac, out Vector128<float> ac2);
            Simd.Interleave(b, d, out Vector128<float> bd, out Vector128<float> bd2);
            Simd.Interleave(ac, bd, out a, out b);
            Simd.Interleave(ac2, bd2, out c, out d);
            t0 = Unsafe.BitCast<Vector128<float>, TV>(a);
            t1 = Unsafe.BitCast<Vector128<float>, TV>(b);
            t2 = Unsafe.BitCast<Vector128<float>, TV>(c);
            t3 = Unsafe.BitCast<Vector128<float>, TV>(d);
        }
        else
        {
            // Lane by lane, for widths without the hardware.
            int lanes = sizeof(TV) / sizeof(float);
            TV u0 = default, u1 = default, u2 = default, u3 = default;
            for (int i = 0; i < lanes; i++)
            {
                ((float*)&u0)[i] = s[2 * i * lanes];
                ((float*)&u1)[i] = s[(2 * i * lanes) + 1];
                ((float*)&u2)[i] = s[(2 * i * lanes) + 2];
                ((float*)&u3)[i] = s[(2 * i * lanes) + 3];
            }

            (t0, t1, t2, t3) = (u0, u1, u2, u3);
        }
    }

    // The same four channels of pixels 0, 4, 8 and 12, one quarter each; a pixel has 32 channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(float* s)
    {
        Vector512<float> v = (*(Vector128<float>*)s).ToVector256Unsafe().ToVector512Unsafe();
        v = Avx512F.InsertVector128(v, *(Vector128<float>*)(s + (4 * 32)), 1);
        v = Avx512F.InsertVector128(v, *(Vector128<float>*)(s + (8 * 32)), 2);
        return Avx512F.InsertVector128(v, *(Vector128<float>*)(s + (12 * 32)), 3);
    }

    // The same of pixels 0 and 4; a pixel has 16 channels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* s)
        => Avx.InsertVector128((*(Vector128<float>*)s).ToVector256Unsafe(), *(Vector128<float>*)(s + (4 * 16)), 1);
}
