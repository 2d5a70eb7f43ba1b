using System.Runtime.CompilerServices;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>The threads of an instance: parts, meetings, errors, and their end.</summary>
public unsafe class ThreadTeamTests
{
    private const int Meetings = 20;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Nobody_passes_a_meeting_before_all_have_come(int threads)
    {
        using ThreadTeam team = ThreadTeam.Of(threads)!;
        var log = new Log(threads);
        for (int run = 0; run < 200; run++)
        {
            team.Run(&Count, log, null);
        }

        Assert.Equal(0, log.Early);
        Assert.Equal(200 * Meetings * threads, log.Steps);
    }

    [Fact]
    public void Parts_cover_the_units_once_even_when_there_are_fewer_of_them()
    {
        var crew = new ThreadCrew(5);
        foreach (int units in new[] { 0, 1, 3, 5, 7, 224 })
        {
            int at = 0;
            for (int i = 0; i < 5; i++)
            {
                var part = new TeamPart(crew, i, 5);
                Assert.Equal(at, part.First(units));
                at = part.End(units);
            }

            Assert.Equal(units, at);
        }

        Assert.Equal((0, 7, true), (default(TeamPart).First(7), default(TeamPart).End(7), default(TeamPart).IsFirst));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void An_error_on_any_thread_reaches_the_caller_and_the_next_run_works(int index)
    {
        using ThreadTeam team = ThreadTeam.Of(3)!;
        for (int i = 0; i < 20; i++)
        {
            var log = new Log(3) { FailingPart = index };
            Assert.Throws<InvalidTimeZoneException>(() => Run(team, log));
            log = new Log(3);
            Run(team, log);
            Assert.Equal((0, 3 * Meetings), (log.Early, log.Steps));
        }
    }

    [Fact]
    public void Disposing_ends_the_threads_and_later_runs_are_refused()
    {
        ThreadTeam team = ThreadTeam.Of(3)!;
        var log = new Log(3);
        Run(team, log);
        team.Dispose();
        Assert.All(log.Own(), t => Assert.True(t.Join(10_000)));
        Assert.Throws<ObjectDisposedException>(() => Run(team, log));
    }

    [Fact]
    public void The_threads_of_a_forgotten_team_end()
    {
        Thread[] threads = Forget();
        Assert.Equal(2, threads.Length);
        for (int i = 0; i < 100 && threads.Any(t => t.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
        }

        Assert.All(threads, t => Assert.False(t.IsAlive));
    }

    [Fact]
    public void One_thread_is_no_team_and_none_is_an_error()
    {
        Assert.Null(ThreadTeam.Of(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ThreadTeam.Of(0));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Thread[] Forget()
    {
        var log = new Log(3);
        Run(ThreadTeam.Of(3)!, log);
        return log.Own();
    }

    private static void Run(ThreadTeam team, Log log) => team.Run(&Count, log, null);

    // Each thread counts up its own step; behind a meeting none may be a step behind.
    private static void Count(object state, void** ports, TeamPart part)
    {
        var log = (Log)state;
        int index = part.First(log.Done.Length);
        log.Threads[index] = Thread.CurrentThread;
        for (int meeting = 0; meeting < Meetings; meeting++)
        {
            if (index == log.FailingPart && meeting == 3)
            {
                throw new InvalidTimeZoneException();
            }

            Volatile.Write(ref log.Done[index], log.Done[index] + 1);
            Interlocked.Increment(ref log.Steps);
            int expected = log.Done[index];
            part.Wait();
            if (log.Done.Any(d => d < expected))
            {
                Interlocked.Increment(ref log.Early);
            }

            part.Wait();
        }
    }

    private sealed class Log(int threads)
    {
        public int[] Done { get; } = new int[threads];

        public Thread[] Threads { get; } = new Thread[threads];

        public int FailingPart { get; init; } = -1;

        public int Steps;
        public int Early;

        public Thread[] Own() => [.. Threads.Skip(1)];
    }
}
