using System;
using System.Text;

namespace PruneCompiler.Emit;

/// <summary>Writes C# with indentation; a block closes itself when it is disposed.</summary>
public sealed class CodeWriter
{
    private readonly StringBuilder text = new();
    private int depth;

    /// <summary>Writes a line; an empty one has no trailing spaces.</summary>
    public CodeWriter Line(string line = "")
    {
        if (line.Length > 0)
        {
            text.Append(' ', depth * 4).Append(line);
        }

        text.Append('\n');
        return this;
    }

    /// <summary>Writes a header line, if any, and an opening brace; disposing the result writes the closing one.</summary>
    public Block Braces(string? header = null)
    {
        if (header is not null)
        {
            Line(header);
        }

        Line("{");
        depth++;
        return new Block(this, "}");
    }

    /// <summary>Indents what follows until the result is disposed.</summary>
    public Block Indent()
    {
        depth++;
        return new Block(this, null);
    }

    /// <inheritdoc/>
    public override string ToString() => text.ToString();

    /// <summary>An open block.</summary>
    public readonly struct Block(CodeWriter writer, string? end) : IDisposable
    {
        /// <summary>Closes it.</summary>
        public void Dispose()
        {
            writer.depth--;
            if (end is not null)
            {
                writer.Line(end);
            }
        }
    }
}
