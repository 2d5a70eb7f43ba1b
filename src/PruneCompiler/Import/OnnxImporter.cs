namespace PruneCompiler.Import;

/// <summary>Reads an ONNX file into a graph.</summary>
public static class OnnxImporter
{
    /// <summary>Loads a model: decode, bind dimensions, infer types, fold constants, expand functions.</summary>
    /// <exception cref="Diagnostics.CompileException">The file cannot be read or compiled.</exception>
    public static ImportedModel Load(string modelFile, CompileOptions options) => throw new NotImplementedException();
}
