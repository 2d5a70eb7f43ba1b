using Onnx;

namespace PruneCompiler.Import;

/// <summary>What gives the nodes of one body (the graph, a subgraph, one call of a function) their meaning.</summary>
/// <param name="Scope">Names of values.</param>
/// <param name="Opsets">Versions of operators.</param>
/// <param name="Prefix">In front of the names of nodes and values, to tell several calls apart; empty for the graph.</param>
/// <param name="Parameters">Attributes of the call; null outside of functions.</param>
/// <param name="Depth">How many calls and subgraphs are around it.</param>
internal sealed record Body(Scope Scope, OpsetImports Opsets, string Prefix, IReadOnlyDictionary<string, AttributeProto>? Parameters, int Depth);
