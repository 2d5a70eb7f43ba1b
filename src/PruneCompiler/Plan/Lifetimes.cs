using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>From which moment to which each buffer is in use. What lives across the border of a loop is in use for the whole loop.</summary>
internal sealed class Lifetimes
{
    private readonly Dictionary<string, (int First, int Last)> lives = new(StringComparer.Ordinal);
    private readonly List<(int Start, int End)> loops = [];
    private int clock;

    private Lifetimes()
    {
    }

    /// <summary>The lives of all buffers that the steps touch, by name, in moments that count up along the steps.</summary>
    public static Dictionary<string, (int First, int Last)> Of(IReadOnlyList<Step> steps)
    {
        var walk = new Lifetimes();
        walk.Visit(steps);
        foreach ((int start, int end) in walk.loops)
        {
            walk.Stretch(start, end); // inner loops come first, so that an outer one sees what they stretched
        }

        return walk.lives;
    }

    private void Visit(IEnumerable<Step> steps)
    {
        foreach (Step step in steps)
        {
            switch (step.Body)
            {
                case IfBody choice:
                    Touch([choice.Condition]);
                    Visit(choice.Then);
                    Visit(choice.Else);
                    break;
                case LoopBody loop:
                    int start = clock;
                    Touch(StepPlaces.Header(loop));
                    Visit(loop.Steps);
                    loops.Add((start, clock));
                    Touch(StepPlaces.Header(loop));
                    break;
                default:
                    Touch(step.Body.Places());
                    break;
            }
        }
    }

    private void Touch(IEnumerable<Place> places)
    {
        foreach (string name in places.OfType<BufferPlace>().Select(p => p.Buffer))
        {
            lives[name] = lives.TryGetValue(name, out var life) ? (life.First, clock) : (clock, clock);
        }

        clock++;
    }

    // The body of a loop runs again after its end, so a buffer that brings something in or out may not be reused in between.
    private void Stretch(int start, int end)
    {
        foreach ((string name, (int first, int last)) in lives.ToArray())
        {
            bool inside = first >= start && last <= end, apart = last < start || first > end;
            if (!inside && !apart)
            {
                lives[name] = (Math.Min(first, start), Math.Max(last, end));
            }
        }
    }
}
