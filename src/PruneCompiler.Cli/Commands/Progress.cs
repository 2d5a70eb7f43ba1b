using System.Diagnostics;
using System.Globalization;

namespace PruneCompiler.Cli.Commands;

/// <summary>A line on a terminal that says what takes so long; nothing where standard error is no terminal, nor in the first second.</summary>
internal sealed class Progress : IDisposable
{
    private readonly string what;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Timer? timer;
    private bool shown;

    /// <summary>Starts.</summary>
    /// <param name="what">The work: <c>verify digits.onnx</c>.</param>
    public Progress(string what)
    {
        this.what = what;
        if (!Console.IsErrorRedirected)
        {
            timer = new Timer(_ => Show(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Removes the line.</summary>
    public void Dispose()
    {
        if (timer is not null)
        {
            using var stopped = new ManualResetEvent(false);
            timer.Dispose(stopped);
            stopped.WaitOne();
        }

        if (shown)
        {
            Console.Error.Write("\r\e[K");
        }
    }

    private void Show()
    {
        shown = true;
        Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what}: {clock.Elapsed.TotalSeconds:0} s"));
    }
}
