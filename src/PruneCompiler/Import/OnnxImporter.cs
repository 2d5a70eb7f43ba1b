using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import.Quantized;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>Reads an ONNX file into a graph.</summary>
public static class OnnxImporter
{
    /// <summary>Loads a model: decode, bind dimensions, infer types, fold constants, expand functions.</summary>
    /// <exception cref="CompileException">The file cannot be read or compiled.</exception>
    public static ImportedModel Load(string modelFile, CompileOptions options)
    {
        try
        {
            return LoadModel(modelFile, options);
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new CompileException(Catalogue.TooLarge(null, "the model does not fit into memory"));
        }
        catch (Exception e) when (e is not CompileException)
        {
            throw new CompileException(Catalogue.Internal(null, $"{e.GetType().Name}: {e.Message}"));
        }
    }

    private static ImportedModel LoadModel(string modelFile, CompileOptions options)
    {
        (ModelProto model, string sha256) = ProtoReader.Read(modelFile);
        var context = new ImportContext(model, Path.GetDirectoryName(Path.GetFullPath(modelFile))!, options);
        OperatorCheck.Run(context);
        context.Diagnostics.AddRange(context.Opsets.Check(UsesOwnOperators(model)));
        Graph graph = ReadGraph(context);
        graph.RemoveUnread();
        ComputeInSingle.Run(graph);
        QdqRecogniser.Run(graph);
        DynamicSizes.Expose(graph);
        string producer = $"{model.ProducerName} {model.ProducerVersion}".Trim();
        return new ImportedModel(graph, Path.GetFileName(modelFile), sha256, context.Opsets.Default, producer, context.Diagnostics) { ExternalFiles = context.Tensors.ExternalFiles };
    }

    private static Graph ReadGraph(ImportContext context)
    {
        GraphProto proto = context.Model.Graph;
        var graph = new Graph { Name = proto.Name };
        var body = new Body(new Scope(null, context.Tensors), context.Opsets, "", null, 0);
        GraphReader.DefineInitializers(proto, body.Scope);
        ReadInputs(context, graph, body.Scope);
        var reader = new GraphReader(context, graph);
        reader.Read(proto.Node, body);
        if (proto.Output.Count == 0)
        {
            throw new CompileException(Catalogue.Malformed(null, "the graph has no outputs"));
        }

        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (ValueInfoProto output in proto.Output)
        {
            if (!taken.Add(output.Name))
            {
                throw new CompileException(Catalogue.Malformed(null, $"the output '{output.Name}' is there twice"));
            }

            CheckKind(output);
            Value value = reader.Find(output.Name, null, body);
            SequenceValue.Refuse([value], null, "the graph returns");
            CompareDeclared(context, output, value.TensorType);
            graph.AddOutput(value, output.Name);
        }

        return graph;
    }

    private static void ReadInputs(ImportContext context, Graph graph, Scope scope)
    {
        GraphProto proto = context.Model.Graph;

        // An initializer with the name of an input is that input's default; callers never need to give it, so it is a constant.
        List<ValueInfoProto> inputs = proto.Input.Where(i => !scope.Has(i.Name)).ToList();
        foreach (string name in context.Options.BoundInputs.Keys.Order(StringComparer.Ordinal))
        {
            if (inputs.All(i => i.Name != name))
            {
                throw new CompileException(Catalogue.BadOption($"the model has no input '{name}' (it has {string.Join(", ", inputs.Select(i => $"'{i.Name}'"))})"));
            }
        }

        var binder = new DimensionBinder(context, inputs);
        var errors = new List<Diagnostic>();
        foreach (ValueInfoProto input in inputs)
        {
            if (input.Name.Length == 0)
            {
                throw new CompileException(Catalogue.Malformed(null, "an input has no name"));
            }

            if (ReadInput(context, graph, binder, input, errors) is { } value && !scope.Define(input.Name, value))
            {
                throw new CompileException(Catalogue.Malformed(null, $"the input '{input.Name}' is there twice"));
            }
        }

        if (errors.Count > 0)
        {
            throw new CompileException([.. context.Diagnostics, .. errors]);
        }
    }

    private static Value? ReadInput(ImportContext context, Graph graph, DimensionBinder binder, ValueInfoProto input, List<Diagnostic> errors)
    {
        if (context.Options.BoundInputs.TryGetValue(input.Name, out Tensor? bound))
        {
            return graph.Constant(input.Name, bound);
        }

        try
        {
            var value = new Value(graph.FreshName(input.Name), binder.Bind(input));
            graph.Inputs.Add(value);
            return value;
        }
        catch (CompileException e)
        {
            errors.AddRange(e.Diagnostics); // all inputs are looked at, so that every open dimension is named at once
            return null;
        }
    }

    private static void CheckKind(ValueInfoProto output)
    {
        if (output.Type is { ValueCase: not (TypeProto.ValueOneofCase.None or TypeProto.ValueOneofCase.TensorType) })
        {
            TypeReader.Tensor(output.Type, $"output '{output.Name}'");
        }
    }

    private static void CompareDeclared(ImportContext context, ValueInfoProto output, TensorType computed)
    {
        if (output.Type?.TensorType is not { } declared || declared.ElemType == 0)
        {
            return;
        }

        bool same = declared.ElemType == (int)computed.Type;
        if (declared.Shape is { } shape)
        {
            same &= shape.Dim.Count == computed.Shape.Rank;
            for (int axis = 0; same && axis < shape.Dim.Count; axis++)
            {
                long dim = shape.Dim[axis].DimValue; // 0 where it is symbolic or absent
                same = dim <= 0 || dim == computed.Shape[axis];
            }
        }

        if (!same)
        {
            string dims = declared.Shape is null ? "" : string.Join('x', declared.Shape.Dim.Select(d => d.DimParam.Length > 0 ? d.DimParam : $"{d.DimValue}"));
            context.Diagnostics.Add(Catalogue.DeclaredTypeDiffers(output.Name, $"{((ElementType)declared.ElemType).Text()} {dims}", computed.ToString()));
        }
    }

    private static bool UsesOwnOperators(ModelProto model) => model.Graph.Node.Any(n => OpsetImports.Domain(n.Domain).Length == 0);
}
