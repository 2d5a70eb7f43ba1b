namespace PruneCompiler.Report;

/// <summary>Measured times, for a report made with --measure.</summary>
/// <param name="Milliseconds">Median time of one run.</param>
/// <param name="DenseMilliseconds">The same of the model with all its zeros and channels, dense.</param>
public sealed record ReportTimes(double Milliseconds, double DenseMilliseconds)
{
    /// <summary>How many times faster than dense.</summary>
    public double Speedup => DenseMilliseconds / Milliseconds;

    /// <summary>The share of the removed multiply-adds that became time: 1 where the time shrank as much as they did.</summary>
    /// <param name="before">Multiply-adds of the model.</param>
    /// <param name="after">Multiply-adds that are executed.</param>
    public double? ShareOfRemoved(long before, long after) => after >= before ? null : (1 - (Milliseconds / DenseMilliseconds)) / (1 - (after / (double)before));
}
