using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace PruneCompiler.Emit;

/// <summary>One line of the plan's text form: a keyword, atoms behind it, and the lines indented below it.</summary>
public sealed class PlanNode
{
    /// <summary>Makes a line.</summary>
    public PlanNode(string keyword, params string[] atoms)
    {
        Keyword = keyword;
        Atoms.AddRange(atoms);
    }

    /// <summary>First word of the line.</summary>
    public string Keyword { get; }

    /// <summary>The other words; quoted in the text when they are not plain.</summary>
    public List<string> Atoms { get; } = [];

    /// <summary>Lines below, indented by two spaces.</summary>
    public List<PlanNode> Children { get; } = [];

    /// <summary>Line number when it was read.</summary>
    public int Line { get; set; }

    /// <summary>Atom <paramref name="index"/>; throws when it is missing.</summary>
    public string this[int index] => index < Atoms.Count ? Atoms[index] : throw new FormatException($"plan line {Line}: '{Keyword}' lacks its part {index + 1}.");

    /// <summary>An atom as a number.</summary>
    public long Number(int index) =>
        long.TryParse(this[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw new FormatException($"plan line {Line}: '{this[index]}' is no number.");

    /// <summary>All atoms from <paramref name="start"/> as numbers.</summary>
    public List<long> Numbers(int start)
    {
        var result = new List<long>();
        for (int i = start; i < Atoms.Count; i++)
        {
            result.Add(Number(i));
        }

        return result;
    }

    /// <summary>Adds a line below and returns it.</summary>
    public PlanNode Add(string keyword, params string[] atoms)
    {
        var node = new PlanNode(keyword, atoms);
        Children.Add(node);
        return node;
    }

    /// <summary>Appends numbers as atoms; returns itself.</summary>
    public PlanNode With(IEnumerable<long> numbers)
    {
        foreach (long n in numbers)
        {
            Atoms.Add(n.ToString(CultureInfo.InvariantCulture));
        }

        return this;
    }

    /// <summary>Writes the line and those below it.</summary>
    public void Write(StringBuilder text, int indent)
    {
        text.Append(' ', indent * 2).Append(Keyword);
        foreach (string atom in Atoms)
        {
            text.Append(' ').Append(Quote(atom));
        }

        text.Append('\n');
        foreach (PlanNode child in Children)
        {
            child.Write(text, indent + 1);
        }
    }

    /// <summary>Reads the lines of a plan as children of one root.</summary>
    public static PlanNode Parse(string text)
    {
        var root = new PlanNode("");
        var open = new List<PlanNode> { root };
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd('\r');
            int spaces = 0;
            while (spaces < line.Length && line[spaces] == ' ')
            {
                spaces++;
            }

            if (spaces == line.Length)
            {
                continue;
            }

            int depth = spaces / 2;
            if (spaces % 2 != 0 || depth >= open.Count)
            {
                throw new FormatException($"plan line {number}: indentation of {spaces} does not follow from the line above.");
            }

            List<string> words = Split(line, spaces, number);
            var node = new PlanNode(words[0]) { Line = number };
            words.RemoveAt(0);
            node.Atoms.AddRange(words);
            open.RemoveRange(depth + 1, open.Count - depth - 1);
            open[depth].Children.Add(node);
            open.Add(node);
        }

        return root;
    }

    private static List<string> Split(string line, int at, int number)
    {
        var words = new List<string>();
        while (at < line.Length)
        {
            if (line[at] == ' ')
            {
                at++;
            }
            else if (line[at] == '"')
            {
                words.Add(Unquote(line, ref at, number));
            }
            else
            {
                int end = line.IndexOf(' ', at);
                end = end < 0 ? line.Length : end;
                words.Add(line.Substring(at, end - at));
                at = end;
            }
        }

        return words;
    }

    private static string Unquote(string line, ref int at, int number)
    {
        var word = new StringBuilder();
        for (at++; at < line.Length && line[at] != '"'; at++)
        {
            if (line[at] != '\\')
            {
                word.Append(line[at]);
            }
            else if (++at < line.Length)
            {
                word.Append(line[at] == 'n' ? '\n' : line[at] == 'r' ? '\r' : line[at]);
            }
        }

        if (at++ >= line.Length)
        {
            throw new FormatException($"plan line {number}: a quote is not closed.");
        }

        return word.ToString();
    }

    private static string Quote(string atom)
    {
        bool plain = atom.Length > 0;
        foreach (char c in atom)
        {
            plain &= c > ' ' && c != '"' && c != '\\';
        }

        return plain ? atom : "\"" + atom.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n").Replace("\r", "\\r") + "\"";
    }
}
