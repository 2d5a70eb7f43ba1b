using System.Collections.Generic;

namespace PruneCompiler.Emit;

/// <summary>Every decision about one model, as data: what the first half of the build writes and the generator prints.</summary>
public sealed record ModelPlan
{
    /// <summary>Where the model came from.</summary>
    public ModelInfo Model { get; init; } = new("", "", 0, "", "", 0);

    /// <summary>Namespace of the generated class; empty for none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Name of the generated class.</summary>
    public string ClassName { get; init; } = "";

    /// <summary>Inputs in graph order.</summary>
    public IReadOnlyList<Port> Inputs { get; init; } = [];

    /// <summary>Outputs in graph order.</summary>
    public IReadOnlyList<Port> Outputs { get; init; } = [];

    /// <summary>Bytes of scratch memory that an instance owns and its threads share.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>Bytes of scratch memory more for each thread, the caller's included.</summary>
    public long ThreadBytes { get; init; }

    /// <summary>Bytes of scratch memory of an instance with one thread.</summary>
    public long MemoryBytes => ScratchBytes + ThreadBytes;

    /// <summary>The weights resource.</summary>
    public WeightsInfo Weights { get; init; } = new("", 0, 0);

    /// <summary>The table of layers for people.</summary>
    public IReadOnlyList<LayerRow> Layers { get; init; } = [];

    /// <summary>Sentences for people about what was removed.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Where every intermediate value lives.</summary>
    public IReadOnlyList<BufferPlan> Buffers { get; init; } = [];

    /// <summary>What runs, in order.</summary>
    public IReadOnlyList<Step> Steps { get; init; } = [];
}

/// <summary>Provenance of a model.</summary>
/// <param name="FileName">File name without folder.</param>
/// <param name="Sha256">Hash of the file, in hex.</param>
/// <param name="Opset">Operator set version.</param>
/// <param name="Producer">Tool that wrote the model.</param>
/// <param name="Compiler">Version of PruneCompiler.</param>
/// <param name="Tolerance">Zero tolerance in effect.</param>
public sealed record ModelInfo(string FileName, string Sha256, int Opset, string Producer, string Compiler, float Tolerance);

/// <summary>An input or output of the generated class.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Identifier">Parameter name in C#, camelCase.</param>
/// <param name="Type">Element type: float32, int64 ...</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="CountAxis">For an output whose size is known only after a run: the axis along which Shape is the largest size possible; else -1.</param>
public sealed record Port(string Name, string Identifier, string Type, IReadOnlyList<int> Shape, int CountAxis = -1)
{
    /// <summary>Number of elements.</summary>
    public long Length
    {
        get
        {
            long n = 1;
            foreach (int d in Shape)
            {
                n *= d;
            }

            return n;
        }
    }
}

/// <summary>The embedded weights.</summary>
/// <param name="Resource">Logical name of the resource.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="VectorBytes">Size of its first part, which is loaded as vectors and wants 64-byte alignment.</param>
public sealed record WeightsInfo(string Resource, long Bytes, long VectorBytes);

/// <summary>One row of the table that heads the generated file, and of prunec inspect.</summary>
/// <param name="Name">Layer, from the node's name.</param>
/// <param name="Operator">Operator with what is fused: Conv 3x3 + Relu.</param>
/// <param name="Strategy">Kernel strategy.</param>
/// <param name="Reason">Why it was chosen, with figures.</param>
/// <param name="MacsBefore">Multiply-adds of the dense model.</param>
/// <param name="MacsAfter">Multiply-adds that are executed.</param>
/// <param name="BytesBefore">Bytes of the layer's weights in the model.</param>
/// <param name="BytesAfter">Bytes of the layer's weights as stored.</param>
/// <param name="WeightsBefore">Weights in the model (without bias).</param>
/// <param name="WeightsAfter">Weights kept.</param>
/// <param name="ChannelsBefore">Output channels in the model.</param>
/// <param name="ChannelsAfter">Output channels kept.</param>
/// <param name="Shape">Output shape, 1x16x32x32.</param>
public sealed record LayerRow(
    string Name,
    string Operator,
    string Strategy,
    string Reason,
    long MacsBefore,
    long MacsAfter,
    long BytesBefore,
    long BytesAfter,
    long WeightsBefore,
    long WeightsAfter,
    int ChannelsBefore,
    int ChannelsAfter,
    string Shape);

/// <summary>A named piece of memory.</summary>
/// <param name="Name">C# identifier, unique in the plan.</param>
/// <param name="Type">Element type.</param>
/// <param name="Kind">Where it lives: scratch, a thread's part of it, or the port of that name (input, output).</param>
/// <param name="Offset">Byte offset in the scratch memory or the thread's part; for a port, or a count of one, its place among the inputs or the outputs.</param>
/// <param name="Length">Elements.</param>
public sealed record BufferPlan(string Name, string Type, BufferKind Kind, long Offset, long Length);

/// <summary>Where a buffer lives.</summary>
public enum BufferKind
{
    /// <summary>In the instance's scratch memory.</summary>
    Scratch,

    /// <summary>In the part of the scratch memory that each thread has of its own: some rows of an activation.</summary>
    Window,

    /// <summary>The caller's input span.</summary>
    Input,

    /// <summary>The caller's output span.</summary>
    Output,

    /// <summary>One int64: how many entries the output with CountAxis got.</summary>
    Count,
}
