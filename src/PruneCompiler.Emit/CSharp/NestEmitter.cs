using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Common parts of the loop nests: outer loops, and the row pointers inside of them.</summary>
internal sealed class NestEmitter
{
    private readonly IReadOnlyList<Operand> operands;
    private readonly List<IDisposable> open = [];
    private readonly List<(string Variable, long[] Strides)> entered = [];
    private readonly Dictionary<int, string> standing = [];

    public NestEmitter(CodeWriter code, IReadOnlyList<Operand> operands)
    {
        Code = code;
        this.operands = operands;
        Names = new LocalNames(operands.Select(o => o.Place).OfType<BufferPlace>().Select(b => b.Buffer).Concat(["Weights", "first", "end"]));
    }

    public CodeWriter Code { get; }

    public LocalNames Names { get; }

    /// <summary>Declares the pointers of inputs that do not move in any of the loops to come; call in front of them.</summary>
    public void Declare(IReadOnlyList<LoopAxis> loops)
    {
        for (int i = 1; i < operands.Count && loops.Count > 0; i++)
        {
            if (loops.All(l => l.Strides[i] == 0))
            {
                standing[i] = Row(i);
            }
        }
    }

    /// <summary>Opens a loop; <see cref="Close"/> closes all of them.</summary>
    public void Enter(LoopAxis axis)
    {
        string variable = Variable();
        (string first, string end) = axis.IsRange ? ("first", "end") : ("0", N(axis.Trips));
        open.Add(Code.Braces($"for ({IndexType(axis)} {variable} = {first}; {variable} < {end}; {variable}++)"));
        entered.Add((variable, axis.Strides));
    }

    /// <summary>Closes the loops that were opened last, down to <paramref name="depth"/>.</summary>
    public void Close(int depth = 0)
    {
        for (int i = open.Count - 1; i >= depth; i--)
        {
            open[i].Dispose();
            open.RemoveAt(i);
            entered.RemoveAt(i);
        }
    }

    public int Depth => open.Count;

    /// <summary>A loop variable that is still free.</summary>
    public string Variable() => Names.Take(((char)('i' + Math.Min(entered.Count, 6))).ToString());

    /// <summary>int, or long where an operand spans more than an int can say.</summary>
    public static string IndexType(LoopAxis axis) => axis.Strides.Any(s => Math.Abs(s) * axis.Trips > int.MaxValue) ? "long" : "int";

    /// <summary>Declares a pointer to the operand's element at the entered loops' indices (where it is more than a name), and returns its name.</summary>
    public string Row(int operand)
    {
        if (standing.TryGetValue(operand, out string? declared))
        {
            return declared;
        }

        string address = Address(operand);
        if (address.All(c => char.IsLetterOrDigit(c) || c is '_' or '@'))
        {
            return address;
        }

        string name = Names.Take(operands[operand].Name == "out" ? "result" : operands[operand].Name);
        Code.Line($"{CSharpTypes.Of(operands[operand].Type)}* {name} = {address};");
        return name;
    }

    /// <summary>The address of the operand's element at the entered loops' indices.</summary>
    public string Address(int operand)
    {
        string address = CallEmitter.Pointer(operands[operand].Place, operands[operand].Type);
        foreach ((string variable, long[] strides) in entered)
        {
            address += Term(variable, strides[operand]);
        }

        return address;
    }

    /// <summary>The element at a row pointer and a loop's index: x[i], x[i * 3], x[0].</summary>
    public static string Element(string row, string variable, long stride) => $"{row}[{(stride == 0 ? "0" : stride == 1 ? variable : $"{variable} * {N(stride)}")}]";

    public static string N(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Term(string variable, long stride) => stride switch
    {
        0 => "",
        1 => $" + {variable}",
        < 0 => $" - ({variable} * {N(-stride)})",
        _ => $" + ({variable} * {N(stride)})",
    };
}
