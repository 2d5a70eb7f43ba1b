using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneCompiler.IR;
using Tensor = PruneCompiler.IR.Tensor;

namespace PruneCompiler.Tests.Testing;

/// <summary>ONNX Runtime as the oracle: one thread, optimisations off unless asked for.</summary>
internal static class OnnxRuntimeOracle
{
    /// <summary>Runs a model once.</summary>
    /// <param name="model">Content of the ONNX file.</param>
    /// <param name="inputs">Inputs by name.</param>
    /// <param name="optimized">With all optimisations: quantised models then run in integers.</param>
    /// <returns>Outputs in graph order.</returns>
    public static Tensor[] Run(byte[] model, IReadOnlyDictionary<string, Tensor> inputs, bool optimized = false)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = optimized ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(model, options);
        using var runOptions = new RunOptions();
        List<OrtValue> values = inputs.Select(i => ToOrt(i.Value)).ToList();
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(runOptions, inputs.Keys.ToList(), values, session.OutputNames);
            return results.Select(FromOrt).ToArray();
        }
        finally
        {
            values.ForEach(v => v.Dispose());
        }
    }

    private static OrtValue ToOrt(Tensor tensor)
    {
        // ONNX Runtime numbers its element types as ONNX does.
        OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)(int)tensor.Type, Array.ConvertAll(tensor.Shape.Dims.ToArray(), d => (long)d));
        tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static Tensor FromOrt(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        var shape = new Shape(Array.ConvertAll(info.Shape, d => (int)d));
        return new Tensor((ElementType)(int)info.ElementDataType, shape, value.GetTensorMutableRawData().ToArray());
    }
}
