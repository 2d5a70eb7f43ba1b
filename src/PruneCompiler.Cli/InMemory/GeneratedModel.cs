using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Cli.InMemory;

/// <summary>A compiled model that was printed as C#, compiled and loaded in this process: the same text that the generator gives to an app.</summary>
public sealed class GeneratedModel : IDisposable
{
    private readonly AssemblyLoadContext context;
    private readonly object instance;
    private readonly Action<object, nint[], nint[]> run;

    private GeneratedModel(ModelPlan plan, AssemblyLoadContext context, Assembly assembly, int threads)
    {
        Plan = plan;
        this.context = context;
        string prefix = plan.Namespace.Length > 0 ? plan.Namespace + "." : "";
        Type type = assembly.GetType(prefix + plan.ClassName, throwOnError: true)!;
        instance = threads == 1 ? Activator.CreateInstance(type)! : Activator.CreateInstance(type, threads)!;
        StepTimes = (long[]?)type.GetField(ModelEmitter.StepTimes)?.GetValue(null) ?? [];
        run = assembly.GetType(SpanAdapter.TypeName, throwOnError: true)!.GetMethod("Run")!.CreateDelegate<Action<object, nint[], nint[]>>();
    }

    /// <summary>The plan that it was made from.</summary>
    public ModelPlan Plan { get; }

    /// <summary>Ticks of <see cref="System.Diagnostics.Stopwatch"/> in each of the plan's step methods since they were last set to zero; empty unless timed.</summary>
    public long[] StepTimes { get; }

    /// <summary>Prints, compiles and loads.</summary>
    /// <exception cref="InvalidOperationException">The generated text does not compile, which is a defect of the emitter.</exception>
    /// <param name="model">The compiled model.</param>
    /// <param name="timed">Each step's time is added up in <see cref="StepTimes"/>; costs some 25 ns a step.</param>
    /// <param name="threads">Threads that share a run.</param>
    public static GeneratedModel Load(CompiledModel model, bool timed = false, int threads = 1)
    {
        // Through the text, because that is the way that an app's build takes.
        ModelPlan plan = PlanReader.Read(PlanWriter.Write(model.Plan));
        byte[] image = AssemblyBuilder.Build(plan, model.Weights, timed);
        var context = new AssemblyLoadContext(plan.ClassName, isCollectible: true);
        return new GeneratedModel(plan, context, context.LoadFromStream(new MemoryStream(image)), threads);
    }

    /// <summary>Runs once.</summary>
    /// <param name="inputs">One tensor for each of the plan's inputs.</param>
    /// <exception cref="CompileException">An output is larger than this process can hold.</exception>
    public Tensor[] Run(IReadOnlyList<Tensor> inputs)
    {
        foreach (Port port in Plan.Outputs)
        {
            RequireRoom(port);
        }

        Tensor[] outputs = Plan.Outputs.Select(p => new Tensor(Enum.Parse<ElementType>(p.Type, ignoreCase: true), new Shape([.. p.Shape]))).ToArray();
        Run(inputs, outputs);
        return outputs.Select((o, i) => Plan.Outputs[i].CountAxis < 0 ? o : DynamicSizes.Trim(o, Plan.Outputs[i].CountAxis, Count(Plan.Outputs[i]))).ToArray();
    }

    /// <summary>Inputs and outputs are arrays of bytes here, of which .NET has up to 2 GB; the generated code itself has no such limit.</summary>
    /// <exception cref="CompileException">The tensor is larger.</exception>
    public static void RequireRoom(Port port)
    {
        long bytes = port.Length * (long)Enum.Parse<ElementType>(port.Type, ignoreCase: true).Size();
        if (bytes > Array.MaxLength)
        {
            throw new CompileException(Catalogue.TooLarge(null, string.Create(CultureInfo.InvariantCulture, $"'{port.Name}' takes {bytes:#,0} bytes; prunec runs models with inputs and outputs of up to {Array.MaxLength:#,0}")));
        }
    }

    private int Count(Port port)
    {
        string name = port.Identifier.TrimStart('@');
        return (int)instance.GetType().GetProperty(char.ToUpperInvariant(name[0]) + name[1..] + "Count")!.GetValue(instance)!;
    }

    /// <summary>Runs once into tensors that exist.</summary>
    public void Run(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs)
    {
        GCHandle[] pins = inputs.Concat(outputs).Select(t => GCHandle.Alloc(t.Bytes, GCHandleType.Pinned)).ToArray();
        try
        {
            nint[] addresses = pins.Select(p => p.AddrOfPinnedObject()).ToArray();
            run(instance, addresses[..inputs.Count], addresses[inputs.Count..]);
        }
        finally
        {
            foreach (GCHandle pin in pins)
            {
                pin.Free();
            }
        }
    }

    /// <summary>Binds arguments once, for timing: what is returned does nothing but run.</summary>
    public Action Bind(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs)
    {
        nint[] Addresses(IEnumerable<Tensor> tensors) => tensors.Select(t =>
        {
            byte[] pinned = GC.AllocateArray<byte>(Math.Max(1, t.Bytes.Length), pinned: true);
            t.Bytes.CopyTo(pinned, 0);
            keepAlive.Add(pinned);
            return Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        }).ToArray();

        nint[] from = Addresses(inputs), to = Addresses(outputs);
        return () => run(instance, from, to);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)instance).Dispose();
        context.Unload();
    }

    private readonly List<byte[]> keepAlive = [];
}
