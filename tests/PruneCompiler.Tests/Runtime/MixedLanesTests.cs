using System.Numerics;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>Conversions in lanes, bit by bit against those of single elements.</summary>
public unsafe class MixedLanesTests
{
    [Fact]
    public void Every_half_becomes_the_same_float_and_comes_back()
    {
        var halves = new Half[65536];
        var floats = new float[65536];
        var again = new Half[65536];
        for (int i = 0; i < halves.Length; i++)
        {
            halves[i] = BitConverter.UInt16BitsToHalf((ushort)i);
        }

        fixed (Half* from = halves, back = again)
        fixed (float* to = floats)
        {
            for (int i = 0; i < halves.Length; i += Vector<int>.Count)
            {
                Vector<float> lanes = MixedLanes.Load(from + i);
                *(Vector<float>*)(to + i) = lanes;
                MixedLanes.Store(back + i, lanes);
            }
        }

        for (int i = 0; i < halves.Length; i++)
        {
            // A signalling NaN may stay one or become quiet.
            Assert.True(Half.IsNaN(halves[i]) ? float.IsNaN(floats[i]) && Half.IsNaN(again[i]) : BitConverter.SingleToInt32Bits((float)halves[i]) == BitConverter.SingleToInt32Bits(floats[i]), $"half {i:X4}");
            Assert.True(Half.IsNaN(halves[i]) || BitConverter.HalfToUInt16Bits(again[i]) == i, $"half {i:X4} and back");
        }
    }

    [Fact]
    public void Floats_round_to_the_same_16_bits_as_one_by_one()
    {
        var random = new Random(5);
        var patterns = new List<uint> { 0, 1, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0x477FEFFF, 0x477FF000, 0x33000000, 0x33000001, 0x33800000, 0x38800000, 0x387FFFFF };
        for (int i = 0; i < 200_000; i++)
        {
            // Anything, and what lies on, just above or just below a tie.
            uint bits = (uint)random.NextInt64(1L << 32);
            patterns.Add(bits);
            patterns.Add((bits & 0x8FFFE000 | 0x30000000) + 0x1000 + (uint)random.Next(-1, 2));
            patterns.Add((bits & 0xFFFF0000) + 0x8000 + (uint)random.Next(-1, 2));
        }

        while (patterns.Count % Vector<int>.Count != 0)
        {
            patterns.Add(0);
        }

        float[] values = [.. patterns.Select(BitConverter.UInt32BitsToSingle)];
        var halves = new Half[values.Length];
        var brains = new ushort[values.Length];
        fixed (float* from = values)
        fixed (Half* half = halves)
        fixed (ushort* brain = brains)
        {
            for (int i = 0; i < values.Length; i += Vector<int>.Count)
            {
                MixedLanes.Store(half + i, *(Vector<float>*)(from + i));
                MixedLanes.StoreBFloat16(brain + i, *(Vector<float>*)(from + i));
                Assert.True(Vector.EqualsAll(Vector.AsVectorInt32(MixedLanes.LoadBFloat16(brain + i)), Vector.AsVectorInt32(MixedLanes.RoundToBFloat16(*(Vector<float>*)(from + i)))));
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(float.IsNaN(values[i]) ? Half.IsNaN(halves[i]) : BitConverter.HalfToInt16Bits((Half)values[i]) == BitConverter.HalfToInt16Bits(halves[i]), $"{patterns[i]:X8} to half");
            Assert.True(SmallFloats.ToBFloat16(values[i]) == brains[i], $"{patterns[i]:X8} to bfloat16");
        }
    }

    [Fact]
    public void Short_integers_keep_their_values_and_lose_their_upper_bits()
    {
        int count = Vector<int>.Count;
        var bytes = new byte[256];
        var words = new ushort[65536];
        byte* one = stackalloc byte[64];
        ushort* two = stackalloc ushort[64];
        for (int i = 0; i < words.Length; i++)
        {
            (words[i], bytes[i & 255]) = ((ushort)i, (byte)i);
        }

        fixed (byte* b = bytes)
        fixed (ushort* w = words)
        {
            for (int i = 0; i < words.Length; i += count)
            {
                Vector<int> plain = MixedLanes.Load(w + i), signed = MixedLanes.Load((short*)w + i), small = MixedLanes.Load(b + (i & 255)), smallSigned = MixedLanes.Load((sbyte*)b + (i & 255));
                MixedLanes.Store(two, signed * new Vector<int>(3));
                MixedLanes.Store(one, signed);
                for (int lane = 0; lane < count; lane++)
                {
                    int value = i + lane;
                    Assert.Equal((value, (short)value, value & 255, (int)(sbyte)value), (plain[lane], signed[lane], small[lane], smallSigned[lane]));
                    Assert.Equal(((ushort)(3 * value), (byte)value), (two[lane], one[lane]));
                    Assert.Equal(((int)(sbyte)value, value & 255, (short)value), (MixedLanes.ToInt8(plain)[lane], MixedLanes.ToUInt8(signed)[lane], MixedLanes.ToInt16(plain)[lane]));
                }
            }
        }
    }
}
