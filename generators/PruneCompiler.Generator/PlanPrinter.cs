using System;
using System.Linq;
using System.Text.RegularExpressions;
using PruneCompiler.Emit;

namespace PruneCompiler.Generator;

/// <summary>One plan to one class, or to the problem that prevents it.</summary>
internal static class PlanPrinter
{
    public static Outcome Print(PlanFile file, ProjectFacts project)
    {
        ModelPlan plan;
        string source;
        EquatableArray<string> runtime;
        try
        {
            plan = PlanReader.Read(file.Text);
            source = ModelEmitter.Emit(plan, project.RuntimeNamespace);
            runtime = new EquatableArray<string>(RuntimeLibrary.FilesFor([plan]).Select(f => f.Key));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A damaged plan can fail in any way. As an exception it would end as a mere warning about the generator.
            Match line = Regex.Match(e.Message, "^plan line ([0-9]{1,9})");
            return new Outcome(null, new Problem(EmitCatalogue.UnreadablePlan, e.Message.TrimEnd('.'), file.Path, line.Success ? int.Parse(line.Groups[1].Value) : 1));
        }

        var name = new ModelName(file.Path, plan.Namespace, plan.ClassName);
        if (!project.AllowsUnsafe || !project.HasCSharp12)
        {
            // One error instead of one for every pointer.
            return new Outcome(null, new Problem(project.AllowsUnsafe ? EmitCatalogue.OldLanguage : EmitCatalogue.UnsafeCodeOff, name.FullName, file.Path, 1));
        }

        return new Outcome(new EmittedModel(name, source, runtime), null);
    }
}
