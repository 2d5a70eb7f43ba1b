namespace PruneCompiler.Cli.Commands;

/// <summary>What prunec tells its caller.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The model or the check failed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;
}
