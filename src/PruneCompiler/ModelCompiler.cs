using PruneCompiler.Analyze;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Optimize;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Prune;
using PruneCompiler.Report;

namespace PruneCompiler;

/// <summary>The first half of the build, from an ONNX file to a plan and its weights. This is the table of contents.</summary>
public static class ModelCompiler
{
    /// <summary>Compiles a model file.</summary>
    /// <exception cref="CompileException">The model cannot be compiled; says why.</exception>
    public static CompiledModel Compile(string modelFile, CompileOptions options)
    {
        ImportedModel model = OnnxImporter.Load(modelFile, options); // protobuf -> graph, shapes known, constants folded
        return Compile(model, options);
    }

    /// <summary>Compiles an imported model.</summary>
    public static CompiledModel Compile(ImportedModel model, CompileOptions options)
    {
        Graph graph = model.Graph;
        LayerStatistics before = LayerStatistics.Of(graph);
        Survey survey = Survey.Of(graph);         // the model as it came, for reports
        Diagnostic? hint = options.ZeroTolerance > 0 ? null : NearZeroWeights.Hint(graph);
        NearZeroWeights.Flush(graph, options.ZeroTolerance); // before anything is called zero
        PruningFacts? facts = null;
        if (options.Optimize)
        {
            Simplifier.Run(graph, before);        // nodes that do nothing or repeat others
        }

        if (options.Prune)
        {
            List<string> notes = FoldDuplicates.Run(graph); // channels that repeat others: nobody reads them any more
            facts = ChannelAnalysis.Run(graph);   // dead and constant channels: facts, nothing edited
            facts.Notes.AddRange(notes);
            survey.Note(facts);
            Pruner.Run(graph, facts);             // they leave the graph
        }

        if (options.Optimize)
        {
            Optimizer.Run(graph, options);        // fusion and clean-up
        }

        CompiledModel compiled = Planner.Run(model, facts, options, before); // strategy, layout and memory, as data
        return compiled with { Survey = survey, Diagnostics = hint is null ? compiled.Diagnostics : [.. compiled.Diagnostics, hint] };
    }
}

/// <summary>What the first half gives to the second.</summary>
/// <param name="Plan">Every decision, as data.</param>
/// <param name="Weights">Content of the weights resource.</param>
/// <param name="Diagnostics">Infos and warnings.</param>
public sealed record CompiledModel(ModelPlan Plan, byte[] Weights, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The model as it came; null for a graph that was planned without the passes before.</summary>
    public Survey? Survey { get; init; }

    /// <summary>What the strategies to choose from were predicted to cost, cheapest first, by the layer's name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Prediction>> Predictions { get; init; } = new Dictionary<string, IReadOnlyList<Prediction>>();
}
