// needs:
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Turns blocks of 16 x 16 bytes: what lay side by side comes to lie in rows.</summary>
internal static unsafe class ByteTurn
{
    /// <summary>Rows and columns of a block.</summary>
    public const int Side = 16;

    /// <summary>True where two blocks side by side are turned at once.</summary>
    public static bool IsDouble => Avx2.IsSupported;

    /// <summary>Two blocks side by side: 16 rows of 32 bytes become 32 rows of 16.</summary>
    /// <param name="from">The first row; 32 bytes of each of 16 rows are read.</param>
    /// <param name="step">Bytes from row to row.</param>
    /// <param name="to">The first row of the result; 16 bytes of each are written.</param>
    /// <param name="toStep">Bytes from row to row of the result.</param>
    /// <param name="second">Bytes from the first row of the first block's result to that of the second's.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Two(byte* from, nint step, byte* to, nint toStep, nint second) => Turn<Vector256<byte>>(from, step, to, toStep, second, 0);

    /// <summary>One block.</summary>
    /// <param name="from">The first row; 16 bytes of each of 16 rows are read.</param>
    /// <param name="step">Bytes from row to row.</param>
    /// <param name="to">The first row of the result; 16 bytes of each are written.</param>
    /// <param name="toStep">Bytes from row to row of the result.</param>
    /// <param name="flip">Bits that change in every byte.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void One(byte* from, nint step, byte* to, nint toStep, byte flip)
    {
        if (Sse2.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            Turn<Vector128<byte>>(from, step, to, toStep, 0, flip);
            return;
        }

        for (int i = 0; i < Side; i++)
        {
            for (int j = 0; j < Side; j++)
            {
                to[(j * toStep) + i] = (byte)(from[(i * step) + j] ^ flip);
            }
        }
    }

    // The address of a byte, row and column, rotates by one bit in each of four rounds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<TV>(byte* from, nint step, byte* to, nint toStep, nint second, byte flip)
        where TV : unmanaged
    {
        byte* from4 = from + (4 * step), from8 = from + (8 * step), from12 = from8 + (4 * step);
        TV a0 = Load<TV>(from, flip), a1 = Load<TV>(from + step, flip), a2 = Load<TV>(from + (2 * step), flip), a3 = Load<TV>(from + (3 * step), flip);
        TV a4 = Load<TV>(from4, flip), a5 = Load<TV>(from4 + step, flip), a6 = Load<TV>(from4 + (2 * step), flip), a7 = Load<TV>(from4 + (3 * step), flip);
        TV a8 = Load<TV>(from8, flip), a9 = Load<TV>(from8 + step, flip), a10 = Load<TV>(from8 + (2 * step), flip), a11 = Load<TV>(from8 + (3 * step), flip);
        TV a12 = Load<TV>(from12, flip), a13 = Load<TV>(from12 + step, flip), a14 = Load<TV>(from12 + (2 * step), flip), a15 = Load<TV>(from12 + (3 * step), flip);

        TV b0 = Low(a0, a8), b1 = High(a0, a8), b2 = Low(a1, a9), b3 = High(a1, a9), b4 = Low(a2, a10), b5 = High(a2, a10), b6 = Low(a3, a11), b7 = High(a3, a11);
        TV b8 = Low(a4, a12), b9 = High(a4, a12), b10 = Low(a5, a13), b11 = High(a5, a13), b12 = Low(a6, a14), b13 = High(a6, a14), b14 = Low(a7, a15), b15 = High(a7, a15);

        (a0, a1, a2, a3) = (Low(b0, b8), High(b0, b8), Low(b1, b9), High(b1, b9));
        (a4, a5, a6, a7) = (Low(b2, b10), High(b2, b10), Low(b3, b11), High(b3, b11));
        (a8, a9, a10, a11) = (Low(b4, b12), High(b4, b12), Low(b5, b13), High(b5, b13));
        (a12, a13, a14, a15) = (Low(b6, b14), High(b6, b14), Low(b7, b15), High(b7, b15));

        (b0, b1, b2, b3) = (Low(a0, a8), High(a0, a8), Low(a1, a9), High(a1, a9));
        (b4, b5, b6, b7) = (Low(a2, a10), High(a2, a10), Low(a3, a11), High(a3, a11));
        (b8, b9, b10, b11) = (Low(a4, a12), High(a4, a12), Low(a5, a13), High(a5, a13));
        (b12, b13, b14, b15) = (Low(a6, a14), High(a6, a14), Low(a7, a15), High(a7, a15));

        Store(to, second, Low(b0, b8));
        Store(to + toStep, second, High(b0, b8));
        Store(to + (2 * toStep), second, Low(b1, b9));
        Store(to + (3 * toStep), second, High(b1, b9));
        to += 4 * toStep;
        Store(to, second, Low(b2, b10));
        Store(to + toStep, second, High(b2, b10));
        Store(to + (2 * toStep), second, Low(b3, b11));
        Store(to + (3 * toStep), second, High(b3, b11));
        to += 4 * toStep;
        Store(to, second, Low(b4, b12));
        Store(to + toStep, second, High(b4, b12));
        Store(to + (2 * toStep), second, Low(b5, b13));
        Store(to + (3 * toStep), second, High(b5, b13));
        to += 4 * toStep;
        Store(to, second, Low(b6, b14));
        Store(to + toStep, second, High(b6, b14));
        Store(to + (2 * toStep), second, Low(b7, b15));
        Store(to + (3 * toStep), second, High(b7, b15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Load<TV>(byte* from, byte flip)
        where TV : unmanaged
    {
        // The caller has as many bytes there.
        TV value = *(TV*)from;
        return typeof(TV) == typeof(Vector128<byte>) ? Unsafe.BitCast<Vector128<byte>, TV>(Unsafe.BitCast<TV, Vector128<byte>>(value) ^ Vector128.Create(flip)) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TV>(byte* to, nint second, TV value)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            Vector256<byte> both = Unsafe.BitCast<TV, Vector256<byte>>(value);
            *(Vector128<byte>*)to = both.GetLower();
            *(Vector128<byte>*)(to + second) = both.GetUpper();
            return;
        }

        *(TV*)to = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Low<TV>(TV a, TV b)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            return Unsafe.BitCast<Vector256<byte>, TV>(Avx2.UnpackLow(Unsafe.BitCast<TV, Vector256<byte>>(a), Unsafe.BitCast<TV, Vector256<byte>>(b)));
        }

        Vector128<byte> x = Unsafe.BitCast<TV, Vector128<byte>>(a), y = Unsafe.BitCast<TV, Vector128<byte>>(b);
        return Unsafe.BitCast<Vector128<byte>, TV>(AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(x, y) : Sse2.UnpackLow(x, y));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV High<TV>(TV a, TV b)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            return Unsafe.BitCast<Vector256<byte>, TV>(Avx2.UnpackHigh(Unsafe.BitCast<TV, Vector256<byte>>(a), Unsafe.BitCast<TV, Vector256<byte>>(b)));
        }

        Vector128<byte> x = Unsafe.BitCast<TV, Vector128<byte>>(a), y = Unsafe.BitCast<TV, Vector128<byte>>(b);
        return Unsafe.BitCast<Vector128<byte>, TV>(AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(x, y) : Sse2.UnpackHigh(x, y));
    }
}
