// needs: Simd, Lanes
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>Elementary functions for whole vectors, to about 2 units in the last place.</summary>
/// <remarks>
/// Polynomials are weighted minimax fits of our own, in relative error. NaN gives NaN, infinities give the limits, results too large give
/// infinity, results too small go through the denormals to zero.
/// </remarks>
internal static class VectorMath
{
    /// <summary>e to the power x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) => Exp<Vector512<float>, Lanes512>(x);

    /// <inheritdoc cref="Exp(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x) => Exp<Vector256<float>, Lanes256>(x);

    /// <inheritdoc cref="Exp(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp(Vector128<float> x) => Exp<Vector128<float>, Lanes128>(x);

    /// <inheritdoc cref="Exp(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x) => Exp<float, Lanes1>(x);

    /// <inheritdoc cref="Exp(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x) =>
        Vector<float>.Count == 16 ? Exp(x.AsVector512()).AsVector()
        : Vector<float>.Count == 8 ? Exp(x.AsVector256()).AsVector()
        : Exp(x.AsVector128()).AsVector();

    /// <summary>The natural logarithm: minus infinity at zero, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x) => Log<Vector512<float>, Lanes512>(x);

    /// <inheritdoc cref="Log(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Log(Vector256<float> x) => Log<Vector256<float>, Lanes256>(x);

    /// <inheritdoc cref="Log(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Log(Vector128<float> x) => Log<Vector128<float>, Lanes128>(x);

    /// <inheritdoc cref="Log(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log(float x) => Log<float, Lanes1>(x);

    /// <inheritdoc cref="Log(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Log(Vector<float> x) =>
        Vector<float>.Count == 16 ? Log(x.AsVector512()).AsVector()
        : Vector<float>.Count == 8 ? Log(x.AsVector256()).AsVector()
        : Log(x.AsVector128()).AsVector();

    /// <summary>The hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x) => Tanh<Vector512<float>, Lanes512>(x);

    /// <inheritdoc cref="Tanh(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x) => Tanh<Vector256<float>, Lanes256>(x);

    /// <inheritdoc cref="Tanh(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Tanh(Vector128<float> x) => Tanh<Vector128<float>, Lanes128>(x);

    /// <inheritdoc cref="Tanh(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tanh(float x) => Tanh<float, Lanes1>(x);

    /// <inheritdoc cref="Tanh(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Tanh(Vector<float> x) =>
        Vector<float>.Count == 16 ? Tanh(x.AsVector512()).AsVector()
        : Vector<float>.Count == 8 ? Tanh(x.AsVector256()).AsVector()
        : Tanh(x.AsVector128()).AsVector();

    /// <summary>1 / (1 + e to the power -x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Sigmoid<Vector512<float>, Lanes512>(x);

    /// <inheritdoc cref="Sigmoid(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Sigmoid<Vector256<float>, Lanes256>(x);

    /// <inheritdoc cref="Sigmoid(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sigmoid(Vector128<float> x) => Sigmoid<Vector128<float>, Lanes128>(x);

    /// <inheritdoc cref="Sigmoid(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sigmoid(float x) => Sigmoid<float, Lanes1>(x);

    /// <inheritdoc cref="Sigmoid(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sigmoid(Vector<float> x) =>
        Vector<float>.Count == 16 ? Sigmoid(x.AsVector512()).AsVector()
        : Vector<float>.Count == 8 ? Sigmoid(x.AsVector256()).AsVector()
        : Sigmoid(x.AsVector128()).AsVector();

    /// <summary>The error function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> x) => Erf<Vector512<float>, Lanes512>(x);

    /// <inheritdoc cref="Erf(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Erf(Vector256<float> x) => Erf<Vector256<float>, Lanes256>(x);

    /// <inheritdoc cref="Erf(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Erf(Vector128<float> x) => Erf<Vector128<float>, Lanes128>(x);

    /// <inheritdoc cref="Erf(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Erf(float x) => Erf<float, Lanes1>(x);

    /// <inheritdoc cref="Erf(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Erf(Vector<float> x) =>
        Vector<float>.Count == 16 ? Erf(x.AsVector512()).AsVector()
        : Vector<float>.Count == 8 ? Erf(x.AsVector256()).AsVector()
        : Erf(x.AsVector128()).AsVector();

    /// <summary>Exp for any width: x = n ln 2 + r, and a polynomial in r times 2^n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Exp<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        // Beyond these bounds the result is zero or infinity; bound first, so that a NaN in x passes.
        return ExpWithin<TV, TOps>(TOps.Min(TOps.Create(89f), TOps.Max(TOps.Create(-104f), x)));
    }

    // Exp of what is known to lie from -104 to 89, or NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ExpWithin<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
        var magic = TOps.Create(12582912f);
        var n = TOps.Subtract(TOps.MultiplyAdd(x, TOps.Create(1.44269504f), magic), magic);

        // ln 2 in two parts; the first has few enough bits that its product with n is exact.
        var r = TOps.MultiplyAdd(n, TOps.Create(-0.693359375f), x);
        r = TOps.MultiplyAdd(n, TOps.Create(2.12194440e-4f), r);
        var p = TOps.Create(1.991937601e-04f);
        p = TOps.MultiplyAdd(p, r, TOps.Create(1.394722525e-03f));
        p = TOps.MultiplyAdd(p, r, TOps.Create(8.333262647e-03f));
        p = TOps.MultiplyAdd(p, r, TOps.Create(4.166625375e-02f));
        p = TOps.MultiplyAdd(p, r, TOps.Create(1.666666687e-01f));
        p = TOps.MultiplyAdd(p, r, TOps.Create(5.000000083e-01f));
        p = TOps.MultiplyAdd(TOps.Multiply(r, r), p, r);
        p = TOps.Add(p, TOps.Create(1f));
        return TOps.Scale(p, n);
    }

    /// <summary>Log for any width: x = m 2^e, a polynomial in m - 1, and e ln 2 in two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Log<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var zero = TOps.Create(0f);

        // Denormals are scaled up first.
        var tiny = TOps.LessThan(x, TOps.Create(1.17549435e-38f));
        var normal = TOps.Select(tiny, TOps.Multiply(x, TOps.Create(8388608f)), x);
        var e = TOps.SplitExponent(normal, out var m);
        e = TOps.Subtract(e, TOps.And(tiny, TOps.Create(23f)));
        var z = TOps.Subtract(m, TOps.Create(1f));
        var p = TOps.Create(6.915301826e-02f);
        p = TOps.MultiplyAdd(p, z, TOps.Create(-1.178975215e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(1.187297629e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(-1.238435820e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(1.421865946e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(-1.666925028e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(2.000222652e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(-2.499998661e-01f));
        p = TOps.MultiplyAdd(p, z, TOps.Create(3.333331044e-01f));
        var zz = TOps.Multiply(z, z);
        p = TOps.MultiplyAdd(TOps.Multiply(z, zz), p, TOps.Multiply(e, TOps.Create(-2.12194440e-4f)));
        p = TOps.MultiplyAdd(zz, TOps.Create(-0.5f), p);
        p = TOps.MultiplyAdd(e, TOps.Create(0.693359375f), TOps.Add(z, p));
        p = TOps.Select(TOps.Equal(x, zero), TOps.Create(float.NegativeInfinity), p);
        p = TOps.Select(TOps.LessThan(x, zero), TOps.Create(float.NaN), p);

        // Infinity and NaN pass: neither is less than infinity.
        return TOps.Select(TOps.LessThan(x, TOps.Create(float.PositiveInfinity)), p, x);
    }

    /// <summary>Tanh for any width: a polynomial near zero, 1 - 2 / (e^2x + 1) elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Tanh<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var abs = Abs<TV, TOps>(x);
        return TanhOf<TV, TOps>(x, abs, TOps.Divide(TOps.Create(2f), TOps.Add(Exp<TV, TOps>(TOps.Add(abs, abs)), TOps.Create(1f))));
    }

    // Tanh of x, from |x| and 2 / (e^2|x| + 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV TanhOf<TV, TOps>(TV x, TV abs, TV rest)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var one = TOps.Create(1f);
        var s = TOps.Multiply(x, x);
        var p = TOps.Create(-5.679314950e-03f);
        p = TOps.MultiplyAdd(p, s, TOps.Create(2.061813296e-02f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(-5.373400359e-02f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(1.333138370e-01f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(-3.333328022e-01f));
        p = TOps.MultiplyAdd(TOps.Multiply(p, s), x, x);
        var q = CopySign<TV, TOps>(TOps.Subtract(one, rest), x);
        return TOps.Select(TOps.LessThan(abs, TOps.Create(0.625f)), p, q);
    }

    /// <summary>Sigmoid for any width: only e^-|x| is taken, so that nothing overflows and small results keep their digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Sigmoid<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var one = TOps.Create(1f);
        var e = Exp<TV, TOps>(TOps.Or(x, TOps.Create(-0f)));
        var numerator = TOps.Select(TOps.LessThan(x, TOps.Create(0f)), e, one);
        return TOps.Divide(numerator, TOps.Add(one, e));
    }

    /// <summary>Sigmoid of four values side by side: one alone waits for its own results most of the time, and a processor looks ahead no further than that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sigmoids<TV, TOps>(ref TV a, ref TV b, ref TV c, ref TV d)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        TV one = TOps.Create(1f), zero = TOps.Create(0f), sign = TOps.Create(-0f);
        var low = TOps.Create(-104f); // e to the power of less is zero
        TV ea = TOps.Max(low, TOps.Or(a, sign)), eb = TOps.Max(low, TOps.Or(b, sign)), ec = TOps.Max(low, TOps.Or(c, sign)), ed = TOps.Max(low, TOps.Or(d, sign));
        Exps<TV, TOps>(ref ea, ref eb, ref ec, ref ed);
        a = TOps.Quotient(TOps.Select(TOps.LessThan(a, zero), ea, one), TOps.Add(one, ea));
        b = TOps.Quotient(TOps.Select(TOps.LessThan(b, zero), eb, one), TOps.Add(one, eb));
        c = TOps.Quotient(TOps.Select(TOps.LessThan(c, zero), ec, one), TOps.Add(one, ec));
        d = TOps.Quotient(TOps.Select(TOps.LessThan(d, zero), ed, one), TOps.Add(one, ed));
    }

    /// <summary>Tanh of four values side by side, see <see cref="Sigmoids"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tanhs<TV, TOps>(ref TV a, ref TV b, ref TV c, ref TV d)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        TV one = TOps.Create(1f), two = TOps.Create(2f);
        TV xa = Abs<TV, TOps>(a), xb = Abs<TV, TOps>(b), xc = Abs<TV, TOps>(c), xd = Abs<TV, TOps>(d);
        var high = TOps.Create(40f); // tanh of half of it is 1
        TV ea = TOps.Min(high, TOps.Add(xa, xa)), eb = TOps.Min(high, TOps.Add(xb, xb)), ec = TOps.Min(high, TOps.Add(xc, xc)), ed = TOps.Min(high, TOps.Add(xd, xd));
        Exps<TV, TOps>(ref ea, ref eb, ref ec, ref ed);
        a = TanhOf<TV, TOps>(a, xa, TOps.Quotient(two, TOps.Add(ea, one)));
        b = TanhOf<TV, TOps>(b, xb, TOps.Quotient(two, TOps.Add(eb, one)));
        c = TanhOf<TV, TOps>(c, xc, TOps.Quotient(two, TOps.Add(ec, one)));
        d = TanhOf<TV, TOps>(d, xd, TOps.Quotient(two, TOps.Add(ed, one)));
    }

    /// <summary>e to the power of each of four values from -104 to 89, side by side, see <see cref="Sigmoids"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exps<TV, TOps>(ref TV a, ref TV b, ref TV c, ref TV d)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        TV magic = TOps.Create(12582912f), factor = TOps.Create(1.44269504f);
        TV na = TOps.Subtract(TOps.MultiplyAdd(a, factor, magic), magic), nb = TOps.Subtract(TOps.MultiplyAdd(b, factor, magic), magic);
        TV nc = TOps.Subtract(TOps.MultiplyAdd(c, factor, magic), magic), nd = TOps.Subtract(TOps.MultiplyAdd(d, factor, magic), magic);
        Step<TV, TOps>(ref a, ref b, ref c, ref d, na, nb, nc, nd, -0.693359375f);
        Step<TV, TOps>(ref a, ref b, ref c, ref d, na, nb, nc, nd, 2.12194440e-4f);
        var coefficient = TOps.Create(1.394722525e-03f);
        var first = TOps.Create(1.991937601e-04f);
        TV pa = TOps.MultiplyAdd(first, a, coefficient), pb = TOps.MultiplyAdd(first, b, coefficient), pc = TOps.MultiplyAdd(first, c, coefficient), pd = TOps.MultiplyAdd(first, d, coefficient);
        Horner<TV, TOps>(ref pa, ref pb, ref pc, ref pd, a, b, c, d, 8.333262647e-03f);
        Horner<TV, TOps>(ref pa, ref pb, ref pc, ref pd, a, b, c, d, 4.166625375e-02f);
        Horner<TV, TOps>(ref pa, ref pb, ref pc, ref pd, a, b, c, d, 1.666666687e-01f);
        Horner<TV, TOps>(ref pa, ref pb, ref pc, ref pd, a, b, c, d, 5.000000083e-01f);
        var one = TOps.Create(1f);
        a = TOps.Scale(TOps.Add(TOps.MultiplyAdd(TOps.Multiply(a, a), pa, a), one), na);
        b = TOps.Scale(TOps.Add(TOps.MultiplyAdd(TOps.Multiply(b, b), pb, b), one), nb);
        c = TOps.Scale(TOps.Add(TOps.MultiplyAdd(TOps.Multiply(c, c), pc, c), one), nc);
        d = TOps.Scale(TOps.Add(TOps.MultiplyAdd(TOps.Multiply(d, d), pd, d), one), nd);
    }

    // x += n * factor
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TV, TOps>(ref TV a, ref TV b, ref TV c, ref TV d, TV na, TV nb, TV nc, TV nd, float factor)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var f = TOps.Create(factor);
        a = TOps.MultiplyAdd(na, f, a);
        b = TOps.MultiplyAdd(nb, f, b);
        c = TOps.MultiplyAdd(nc, f, c);
        d = TOps.MultiplyAdd(nd, f, d);
    }

    // p = p * x + coefficient
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Horner<TV, TOps>(ref TV pa, ref TV pb, ref TV pc, ref TV pd, TV a, TV b, TV c, TV d, float coefficient)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var k = TOps.Create(coefficient);
        pa = TOps.MultiplyAdd(pa, a, k);
        pb = TOps.MultiplyAdd(pb, b, k);
        pc = TOps.MultiplyAdd(pc, c, k);
        pd = TOps.MultiplyAdd(pd, d, k);
    }

    /// <summary>Erf for any width: an odd polynomial below 0.95, beyond it 1 - e^-q with q a polynomial that fits -log(erfc).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Erf<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var s = TOps.Multiply(x, x);
        var p = TOps.Create(7.889278061e-05f);
        p = TOps.MultiplyAdd(p, s, TOps.Create(-8.020893634e-04f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(5.189541997e-03f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(-2.685444866e-02f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(1.128360030e-01f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(-3.761262715e-01f));
        p = TOps.MultiplyAdd(p, s, TOps.Create(1.283791659e-01f));
        p = TOps.MultiplyAdd(p, x, x);

        // From 4.1 on the result is 1; the polynomial is not meant for more. NaN passes.
        var abs = Abs<TV, TOps>(x);
        var t = TOps.Min(TOps.Create(4.1f), abs);
        var q = TOps.Create(1.161039867e-05f);
        q = TOps.MultiplyAdd(q, t, TOps.Create(-3.266063783e-04f));
        q = TOps.MultiplyAdd(q, t, TOps.Create(3.657953684e-03f));
        q = TOps.MultiplyAdd(q, t, TOps.Create(-2.379490699e-02f));
        q = TOps.MultiplyAdd(q, t, TOps.Create(1.062750950e-01f));
        q = TOps.MultiplyAdd(q, t, TOps.Create(6.351281544e-01f));
        q = TOps.MultiplyAdd(q, t, TOps.Create(1.128654207e+00f));
        q = TOps.Subtract(TOps.Create(0f), TOps.Multiply(q, t));
        q = CopySign<TV, TOps>(TOps.Subtract(TOps.Create(1f), ExpWithin<TV, TOps>(q)), x);
        return TOps.Select(TOps.LessThan(abs, TOps.Create(0.95f)), p, q);
    }

    /// <summary>x without its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Abs<TV, TOps>(TV x)
        where TV : struct
        where TOps : struct, ILanes<TV> => TOps.And(x, TOps.Create(System.BitConverter.Int32BitsToSingle(int.MaxValue)));

    /// <summary>A magnitude that is not negative, with the sign of another value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV CopySign<TV, TOps>(TV magnitude, TV sign)
        where TV : struct
        where TOps : struct, ILanes<TV> => TOps.Or(magnitude, TOps.And(sign, TOps.Create(-0f)));
}
