namespace PruneCompiler.Diagnostics;

/// <summary>
/// Every diagnostic that the compiler can give, up to PRUNE0099. An id is never reused for something else.
/// PRUNE0100 and up belong to the generator and the build targets: see <see cref="Emit.EmitCatalogue"/>.
/// </summary>
public static class Catalogue
{
    /// <summary>The file is not there or cannot be read.</summary>
    public static Diagnostic FileUnreadable(string why) =>
        Error("PRUNE0001", null, $"the model file cannot be read: {why}");

    /// <summary>The bytes are not an ONNX model, or a damaged one.</summary>
    public static Diagnostic Malformed(string? node, string why) =>
        Error("PRUNE0002", node, $"the model is malformed: {why}");

    /// <summary>Operators that the compiler does not know; all of them at once.</summary>
    public static Diagnostic MissingOperators(string list) =>
        Error("PRUNE0003", null, $"operators that PruneCompiler does not support: {list}");

    /// <summary>An operator's inputs or attributes are outside of what the ONNX operator or this compiler allows.</summary>
    public static Diagnostic BadNode(string node, string operatorName, string why) =>
        Error("PRUNE0004", node, $"{operatorName}: {why}");

    /// <summary>A leading symbolic dimension was set to 1.</summary>
    public static Diagnostic BatchIsOne(string input, string dimension) =>
        Info("PRUNE0005", null, $"dimension '{dimension}' of input '{input}' is taken as 1; set it with Dimensions=\"{dimension}=N\" (prunec: --dim {dimension}=N)");

    /// <summary>A symbolic dimension has no value.</summary>
    public static Diagnostic UnboundDimension(string input, string dimension) =>
        Error("PRUNE0006", null, $"dimension '{dimension}' of input '{input}' has no fixed size; set it with Dimensions=\"{dimension}=N\" (prunec: --dim {dimension}=N)");

    /// <summary>A value that the operator needs at compile time is computed at run time.</summary>
    /// <param name="node">The node.</param>
    /// <param name="operatorName">Its operator.</param>
    /// <param name="why">What is needed.</param>
    /// <param name="neededInputs">The graph inputs that it is computed from.</param>
    public static Diagnostic NotConstant(string node, string operatorName, string why, IReadOnlyList<string> neededInputs) =>
        Error("PRUNE0007", node, $"{operatorName}: {why}") with { NeededInputs = neededInputs };

    /// <summary>Types that cannot be compiled (strings, sequences, optionals, maps).</summary>
    public static Diagnostic UnsupportedType(string? node, string why) =>
        Error("PRUNE0008", node, why);

    /// <summary>The model asks for more than can be built.</summary>
    public static Diagnostic TooLarge(string? node, string why) =>
        Error("PRUNE0009", node, $"too large: {why}");

    /// <summary>A defect of the compiler itself.</summary>
    public static Diagnostic Internal(string? node, string why) =>
        Error("PRUNE0010", node, $"internal error of PruneCompiler: {why}; please report it with the model");

    /// <summary>External data outside of the model's folder, or missing.</summary>
    public static Diagnostic ExternalData(string tensor, string why) =>
        Error("PRUNE0011", null, $"external data of tensor '{tensor}': {why}");

    /// <summary>An option that makes no sense for this model.</summary>
    public static Diagnostic BadOption(string why) =>
        Error("PRUNE0012", null, why);

    /// <summary>The model is written for operators older than those that the compiler knows.</summary>
    public static Diagnostic OldOpset(int opset, int oldest) =>
        Warning("PRUNE0013", null, $"the model uses opset {opset}; operators are compiled as of opset {oldest} and later, which may differ. Convert the model to a newer opset");

    /// <summary>The model is written for operators newer than the compiler.</summary>
    public static Diagnostic NewOpset(int opset, int newest) =>
        Warning("PRUNE0014", null, $"the model uses opset {opset}; operators are compiled as of opset {newest}, the newest known to this version");

    /// <summary>A declared shape is not what the operators compute.</summary>
    public static Diagnostic DeclaredTypeDiffers(string output, string declared, string computed) =>
        Warning("PRUNE0015", null, $"output '{output}' is declared as {declared} but computed as {computed}; the computed type is used");

    /// <summary>Id of <see cref="NearZeroWeights"/>, which reports show in its own place.</summary>
    public const string NearZeroWeightsId = "PRUNE0016";

    /// <summary>Weights that are almost zero cost as much as others.</summary>
    public static Diagnostic NearZeroWeights(long negligible, long all, long denormal) =>
        Info(NearZeroWeightsId, null, $"{negligible} of {all} weights are smaller than a millionth of their layer's largest weight but not zero{(denormal > 0 ? $" ({denormal} of them denormal, which is slow)" : "")}; ZeroTolerance=\"1E-06\" takes them as zeros");

    /// <summary>A file beside the model (an input's content, an output, a report) cannot be read or written.</summary>
    public static Diagnostic OtherFile(string why) =>
        Error("PRUNE0020", null, why);

    /// <summary>prunec was called in a way that it does not know.</summary>
    public static Diagnostic Usage(string why) =>
        Error("PRUNE0021", null, why);

    private static Diagnostic Error(string id, string? node, string message) => new(id, Severity.Error, node, message);

    private static Diagnostic Warning(string id, string? node, string message) => new(id, Severity.Warning, node, message);

    private static Diagnostic Info(string id, string? node, string message) => new(id, Severity.Info, node, message);
}
