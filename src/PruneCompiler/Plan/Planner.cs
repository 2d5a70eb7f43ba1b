using PruneCompiler.Analyze;
using PruneCompiler.Emit;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Plan.Schedule;

namespace PruneCompiler.Plan;

/// <summary>Decides, as data: a strategy per layer with its reason, where every value lives, and what runs in which order.</summary>
public static class Planner
{
    /// <summary>Version of the compiler, as in generated files.</summary>
    public static string CompilerVersion { get; } = typeof(Planner).Assembly.GetName().Version!.ToString(3);

    /// <summary>Makes the plan and the weights.</summary>
    public static CompiledModel Run(ImportedModel model, PruningFacts? facts, CompileOptions options, LayerStatistics? before = null)
    {
        Graph graph = model.Graph;
        string className = ClassNaming.Choose(model.FileName, options);
        var lowering = new Lowering(graph, options, className, before);
        lowering.LowerNodes(graph);
        lowering.EndGraph(graph);
        List<Step> ordered = options.DepthFirst ? DepthFirst.Run(lowering.Steps, lowering.RowSteps, lowering.Buffers, options.ScheduleAll) : lowering.Steps;
        (long scratch, long thread) = MemoryPlanner.Place(lowering.Buffers, ordered, InPlaceSums.Find(ordered, lowering.InPlaceSums, lowering.Buffers));
        List<Step> steps = ThreadSharing.Run(ordered, lowering.Buffers, options.ScheduleAll);
        byte[] weights = lowering.Weights.ToArray();
        var plan = new ModelPlan
        {
            Model = new ModelInfo(model.FileName, model.Sha256, model.Opset, model.Producer, CompilerVersion, options.ZeroTolerance),
            ClassName = className,
            Namespace = options.Namespace,
            Inputs = lowering.Inputs,
            Outputs = lowering.Outputs,
            ScratchBytes = scratch,
            ThreadBytes = thread,
            Weights = new WeightsInfo(options.WeightsResource ?? $"PruneCompiler.{className}.weights", weights.Length, lowering.Weights.VectorBytes),
            Layers = lowering.Layers,
            Notes = [.. facts?.Notes ?? [], .. lowering.Notes],
            Buffers = lowering.Buffers,
            Steps = steps,
        };
        return new CompiledModel(plan, weights, model.Diagnostics) { Predictions = lowering.Predictions };
    }
}
