using System;
using System.Collections.Generic;

namespace PruneCompiler.Emit;

/// <summary>Gives out local names that clash neither with the method's parameters nor with each other.</summary>
internal sealed class LocalNames
{
    private readonly HashSet<string> taken;

    public LocalNames(IEnumerable<string> parameters) => taken = new HashSet<string>(parameters, StringComparer.Ordinal);

    /// <summary>A free name like <paramref name="stem"/>.</summary>
    public string Take(string stem)
    {
        string name = stem;
        for (int i = 2; !taken.Add(name); i++)
        {
            name = $"{stem}_{i}";
        }

        return name;
    }
}
