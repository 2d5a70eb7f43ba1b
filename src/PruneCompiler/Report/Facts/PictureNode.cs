namespace PruneCompiler.Report;

/// <summary>A box in the picture of a network: a layer, or a place where branches meet or that has a name of its own.</summary>
/// <param name="Name">Name of the node.</param>
/// <param name="Operator">Operator.</param>
/// <param name="Inputs">Boxes that it reads from, by their place in the list.</param>
/// <param name="Layer">The layer, or -1.</param>
public sealed record PictureNode(string Name, string Operator, IReadOnlyList<int> Inputs, int Layer);
