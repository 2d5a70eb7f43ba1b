using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace PruneCompiler.Runtime;

/// <summary>
/// The threads of one instance: the caller's and some of the instance's own, which wait for the next run in between. All of them go through the same steps, each
/// does its part of those that are shared, and they meet where a step needs what another thread did.
/// </summary>
/// <remarks>
/// The threads hold the crew and not the team, so that an instance nobody disposes is collected, and its finalizer ends them. They are background threads: a process
/// may end at any time.
/// </remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private readonly ThreadCrew crew;

    private ThreadTeam(int threads)
    {
        crew = new ThreadCrew(threads);
        for (int i = 1; i < threads; i++)
        {
            int index = i;
            ThreadCrew members = crew;
            new Thread(() => members.Serve(index)) { IsBackground = true, Name = "PruneCompiler" }.Start();
        }
    }

    /// <summary>Ends the threads.</summary>
    ~ThreadTeam() => crew.Stop();

    /// <summary>A team of that many threads, the caller's included; null for one.</summary>
    /// <param name="threads">At least 1. More than the processor has run by turns and are slower than fewer.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public static ThreadTeam? Of(int threads)
    {
        if (threads < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "A model runs on at least one thread.");
        }

        return threads == 1 ? null : new ThreadTeam(threads);
    }

    /// <summary>Runs the work on all threads and returns when all are done.</summary>
    /// <param name="work">What each thread does with its part.</param>
    /// <param name="net">The instance, for <paramref name="work"/>.</param>
    /// <param name="ports">Addresses of the caller's memory, for <paramref name="work"/>.</param>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    public void Run(delegate*<object, void**, TeamPart, void> work, object net, void** ports)
    {
        crew.Run(work, net, ports);
        GC.KeepAlive(this);
    }

    /// <summary>Ends the threads. Not during a run.</summary>
    public void Dispose()
    {
        crew.Stop();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A thread's share of the work: one part of several. The default value is all of it, on one thread.</summary>
/// <param name="crew">Who shares the work.</param>
/// <param name="index">Which part.</param>
/// <param name="count">Of how many.</param>
internal readonly struct TeamPart(ThreadCrew? crew, int index, int count)
{
    /// <summary>True for the thread that does what is not shared.</summary>
    public bool IsFirst => index == 0;

    /// <summary>Which part this is, from 0.</summary>
    public int Index => index;

    /// <summary>The first of this part's units, of <paramref name="units"/> in all. A part may be empty.</summary>
    public int First(int units) => crew is null ? 0 : (int)((long)units * index / count);

    /// <summary>The unit behind this part's last one.</summary>
    public int End(int units) => crew is null ? units : (int)((long)units * (index + 1) / count);

    /// <summary>The first unit where at most <paramref name="most"/> parts get any: those behind are empty.</summary>
    public int First(int units, int most) => index >= most ? units : crew is null ? 0 : (int)((long)units * index / Math.Min(count, most));

    /// <summary>The unit behind the last one, likewise.</summary>
    public int End(int units, int most) => index >= most || crew is null ? units : (int)((long)units * (index + 1) / Math.Min(count, most));

    /// <summary>Waits until all threads have come here.</summary>
    public void Wait() => crew?.Meet();
}

/// <summary>What the threads of a team share.</summary>
internal sealed unsafe class ThreadCrew(int count)
{
    // Some 200 us: longer than the parts of a step differ, shorter than a time slice, which another thread may need to get here.
    private const int Spins = 5000;

    private readonly object gate = new();
    private int round, phase, arrived, left, parked;
    private volatile bool stopped;
    private volatile Exception? failure;
    private delegate*<object, void**, TeamPart, void> work;
    private object? net;
    private void** ports;

    /// <summary>The caller's side of a run.</summary>
    public void Run(delegate*<object, void**, TeamPart, void> work, object net, void** ports)
    {
        if (stopped)
        {
            throw new ObjectDisposedException(net.GetType().Name);
        }

        this.work = work;
        this.net = net;
        this.ports = ports;
        left = count - 1;
        Announce(ref round);
        Do(0);
        for (int now; (now = Volatile.Read(ref left)) > 0;)
        {
            Await(ref left, now);
        }

        this.net = null; // a parked thread must not keep the instance alive
        if (failure is { } thrown)
        {
            (failure, arrived) = (null, 0);
            ExceptionDispatchInfo.Throw(thrown);
        }
    }

    /// <summary>The life of one of the team's own threads.</summary>
    public void Serve(int index)
    {
        for (int seen = 0; ; seen++)
        {
            Await(ref round, seen);
            if (stopped)
            {
                return;
            }

            Do(index);
            Interlocked.Decrement(ref left);
            Wake();
        }
    }

    /// <summary>Waits until all threads have come here.</summary>
    public void Meet()
    {
        int now = Volatile.Read(ref phase);
        if (failure is not null)
        {
            throw new OperationCanceledException();
        }

        if (Interlocked.Increment(ref arrived) == count)
        {
            arrived = 0;
            Announce(ref phase);
        }
        else
        {
            Await(ref phase, now);
            if (failure is not null)
            {
                throw new OperationCanceledException();
            }
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Stop()
    {
        if (!stopped)
        {
            stopped = true;
            Announce(ref round);
        }
    }

    // Kernels do not throw; should one do so all the same, nobody waits for it and the caller gets to know.
    private void Do(int index)
    {
        try
        {
            work(net!, ports, new TeamPart(this, index, count));
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure, e, null);
            Announce(ref phase);
        }
    }

    private void Announce(ref int word)
    {
        Interlocked.Increment(ref word);
        Wake();
    }

    // Behind a full fence: either this sees a parked thread, or that thread sees the new value of the word that it is about to wait for.
    private void Wake()
    {
        if (Volatile.Read(ref parked) > 0)
        {
            lock (gate)
            {
                Monitor.PulseAll(gate);
            }
        }
    }

    private void Await(ref int word, int old)
    {
        for (int i = 0; i < Spins; i++)
        {
            if (Volatile.Read(ref word) != old)
            {
                return;
            }

            Thread.SpinWait(1);
        }

        lock (gate)
        {
            Interlocked.Increment(ref parked);
            while (Volatile.Read(ref word) == old)
            {
                Monitor.Wait(gate);
            }

            Interlocked.Decrement(ref parked);
        }
    }
}
