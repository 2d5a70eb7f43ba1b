using System.Globalization;

namespace PruneCompiler.Plan.Cost;

/// <summary>A way to run a layer, with what it is predicted to cost.</summary>
/// <param name="Strategy">For people: "sparse rows", "dense panels".</param>
/// <param name="Cycles">Predicted cost.</param>
/// <param name="IsDense">Zeros are multiplied.</param>
/// <param name="Build">What to do when it is chosen.</param>
public sealed record Candidate<T>(string Strategy, double Cycles, bool IsDense, Func<T> Build)
{
    /// <summary>What the strategy found in the weights, for its reason; empty for nothing.</summary>
    public string Found { get; init; } = "";
}

/// <summary>What a way to run a layer was predicted to cost.</summary>
/// <param name="Strategy">For people.</param>
/// <param name="Cycles">Cycles of the processor that the plan is made for.</param>
/// <param name="IsDense">Zeros are multiplied.</param>
public sealed record Prediction(string Strategy, double Cycles, bool IsDense);

/// <summary>Picks the cheapest way to run a layer.</summary>
public static class Choice
{
    // A sparse kernel must win by more than the model's error.
    private const double DenseMargin = 1.1;

    /// <summary>The predictions of all candidates, cheapest first.</summary>
    public static IReadOnlyList<Prediction> Predictions<T>(IEnumerable<Candidate<T>> candidates) =>
        [.. candidates.Select(c => new Prediction(c.Strategy, c.Cycles, c.IsDense)).OrderBy(c => c.Cycles)];

    /// <summary>The cheapest candidate, dense ones being preferred within 10 %, and the reason as a sentence that names the runner-up.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="zeros">Share of the layer's weights that are zero.</param>
    /// <param name="options">May ask for the best dense candidate, if there is one, or leave some out.</param>
    public static (Candidate<T> Best, string Reason) Pick<T>(IReadOnlyList<Candidate<T>> candidates, double zeros, CompileOptions options)
    {
        if (candidates.Any(c => !options.Without.Contains(c.Strategy)))
        {
            candidates = [.. candidates.Where(c => !options.Without.Contains(c.Strategy))];
        }

        Candidate<T>? dense = candidates.Where(c => c.IsDense).MinBy(c => c.Cycles), sparse = candidates.Where(c => !c.IsDense).MinBy(c => c.Cycles);
        string share = string.Create(CultureInfo.InvariantCulture, $"{100 * zeros:0.#} % zeros");
        if (dense is null || sparse is null)
        {
            Candidate<T> only = (dense ?? sparse)!;
            string others = candidates.Count == 1 ? ", the only strategy for this layer" : RunnerUp(candidates, only, null);
            return (only, $"{only.Strategy}: {share}{Found(only)}{others}");
        }

        if (options.DenseOnly)
        {
            return (dense, $"{dense.Strategy}: {share}, dense by request");
        }

        return dense.Cycles <= sparse.Cycles * DenseMargin
            ? (dense, $"{dense.Strategy}: {share}, {sparse.Strategy} predicted at {Ratio(dense.Cycles, sparse.Cycles)}x of its speed")
            : (sparse, $"{sparse.Strategy}: {share}{Found(sparse)}, predicted {Ratio(dense.Cycles, sparse.Cycles)}x over {dense.Strategy}{RunnerUp(candidates, sparse, dense)}");
    }

    private static string Found<T>(Candidate<T> candidate) => candidate.Found.Length == 0 ? "" : $", {candidate.Found}";

    // The next best, unless it has been named.
    private static string RunnerUp<T>(IReadOnlyList<Candidate<T>> candidates, Candidate<T> best, Candidate<T>? named) =>
        candidates.Where(c => c != best).MinBy(c => c.Cycles) is { } next && next != named ? $", {Ratio(next.Cycles, best.Cycles)}x over {next.Strategy}" : "";

    private static string Ratio(double a, double b) => (a / b).ToString("0.0#", CultureInfo.InvariantCulture);
}
