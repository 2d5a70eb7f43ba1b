using System.Globalization;

namespace PruneCompiler.Plan.Cost;

/// <summary>A way to run a layer, with what it is predicted to cost.</summary>
/// <param name="Strategy">For people: "sparse rows", "dense panels".</param>
/// <param name="Cycles">Predicted cost.</param>
/// <param name="IsDense">Zeros are multiplied.</param>
/// <param name="Build">What to do when it is chosen.</param>
public sealed record Candidate<T>(string Strategy, double Cycles, bool IsDense, Func<T> Build);

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

    /// <summary>The cheapest candidate, dense ones being preferred within 10 %, and the reason as a sentence.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="zeros">Share of the layer's weights that are zero.</param>
    /// <param name="denseOnly">Take the best dense candidate, if there is one.</param>
    public static (Candidate<T> Best, string Reason) Pick<T>(IReadOnlyList<Candidate<T>> candidates, double zeros, bool denseOnly)
    {
        Candidate<T>? dense = candidates.Where(c => c.IsDense).MinBy(c => c.Cycles), sparse = candidates.Where(c => !c.IsDense).MinBy(c => c.Cycles);
        string share = string.Create(CultureInfo.InvariantCulture, $"{100 * zeros:0.#} % zeros");
        if (dense is null)
        {
            return (sparse!, $"{sparse!.Strategy}: {share}, the only strategy for this layer");
        }

        if (sparse is null)
        {
            return (dense, $"{dense.Strategy}: {share}, the only strategy for this layer");
        }

        if (denseOnly)
        {
            return (dense, $"{dense.Strategy}: {share}, dense by request");
        }

        return dense.Cycles <= sparse.Cycles * DenseMargin
            ? (dense, $"{dense.Strategy}: {share}, {sparse.Strategy} predicted at {Ratio(dense.Cycles, sparse.Cycles)}x of its speed")
            : (sparse, $"{sparse.Strategy}: {share}, predicted {Ratio(dense.Cycles, sparse.Cycles)}x over {dense.Strategy}");
    }

    private static string Ratio(double a, double b) => (a / b).ToString("0.0#", CultureInfo.InvariantCulture);
}
