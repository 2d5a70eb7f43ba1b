using System.Text;

namespace PruneCompiler.Plan;

/// <summary>Makes C# identifiers from the names of a model, unique within one scope.</summary>
public sealed class Identifiers
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do", "double", "else", "enum",
        "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace",
        "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc",
        "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    };

    private readonly HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> next = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names that generated members use themselves are never given out.</summary>
    public Identifiers(params string[] reserved) => taken.UnionWith(reserved);

    /// <summary>Takes a name that is used for something else; false if it is taken already.</summary>
    public bool Reserve(string name) => taken.Add(name);

    /// <summary>Whether a name can stand in C# as it is: letters, digits and underscores, no digit first, no keyword.</summary>
    public static bool IsValid(string name) =>
        name.Length > 0 && !char.IsDigit(name[0]) && name.All(c => char.IsLetterOrDigit(c) || c == '_') && !Keywords.Contains(name);

    /// <summary>A camelCase identifier: "/layer1/conv.1/Conv" becomes layer1Conv1Conv.</summary>
    public string Camel(string name) => Unique(Words(name, upperFirst: false));

    /// <summary>A PascalCase identifier.</summary>
    public string Pascal(string name) => Unique(Words(name, upperFirst: true));

    /// <summary>PascalCase without regard to uniqueness: digits-net.v2 becomes DigitsNetV2.</summary>
    public static string ToPascal(string name) => Words(name, upperFirst: true);

    private string Unique(string stem)
    {
        string name = stem;
        while (!taken.Add(name))
        {
            int i = next.GetValueOrDefault(stem, 2); // remembered, or a thousand nodes of one name would cost a million look-ups
            next[stem] = i + 1;
            name = char.IsAsciiDigit(stem[^1]) ? $"{stem}_{i}" : $"{stem}{i}";
        }

        return Keywords.Contains(name) ? "@" + name : name;
    }

    private static string Words(string name, bool upperFirst)
    {
        var result = new StringBuilder();
        bool start = true;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                start = true;
                continue;
            }

            if (result.Length == 0)
            {
                if (char.IsAsciiDigit(c))
                {
                    result.Append(upperFirst ? 'N' : 'n');
                }

                result.Append(upperFirst ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            }
            else
            {
                result.Append(start ? char.ToUpperInvariant(c) : c);
            }

            start = false;
        }

        return result.Length == 0 ? (upperFirst ? "Value" : "value") : result.ToString();
    }
}
