using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneCompiler.IR;
using Tensor = PruneCompiler.IR.Tensor;

namespace PruneCompiler.Benchmarks.Networks;

/// <summary>ONNX Runtime as it is fastest on one thread, with its output bound to memory that exists.</summary>
internal sealed class OnnxRuntimeRun : IDisposable
{
    private readonly SessionOptions options;
    private readonly InferenceSession session;
    private readonly OrtIoBinding binding;
    private readonly RunOptions runOptions = new();
    private readonly OrtValue input;

    public OnnxRuntimeRun(string file, Tensor tensor, int threads = 1)
    {
        options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        session = new InferenceSession(file, options);
        input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)(int)tensor.Type, Array.ConvertAll(tensor.Shape.Dims.ToArray(), d => (long)d));
        tensor.Bytes.CopyTo(input.GetTensorMutableRawData());
        binding = session.CreateIoBinding();
        binding.BindInput(session.InputNames[0], input);
        binding.BindOutputToDevice(session.OutputNames[0], OrtMemoryInfo.DefaultInstance);
    }

    /// <summary>Runs once.</summary>
    public void Run() => session.RunWithBinding(runOptions, binding);

    /// <summary>The result of the last run.</summary>
    public Tensor Output()
    {
        using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
        OrtTensorTypeAndShapeInfo info = values[0].GetTensorTypeAndShape();
        return new Tensor((ElementType)(int)info.ElementDataType, new Shape(Array.ConvertAll(info.Shape, d => (int)d)), values[0].GetTensorMutableRawData().ToArray());
    }

    public void Dispose()
    {
        binding.Dispose();
        session.Dispose();
        options.Dispose();
        runOptions.Dispose();
        input.Dispose();
    }
}
