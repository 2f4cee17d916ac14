using System.Runtime.CompilerServices;

namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// One-way delays above the minimum of the last minutes. The two clocks differ by an unknown amount, so only differences are
/// meaningful. Wrapping 32-bit microseconds.
/// </summary>
internal sealed class DelayHistory
{
    /// <summary>Minutes after which a minimum is forgotten: the path may have changed.</summary>
    private const int Minutes = 13;

    private const long Minute = 60_000_000;

    /// <summary>The number of samples of which the smallest counts: a single one is noise.</summary>
    private const int Recent = 3;

    private Bases _bases;
    private Samples _recent;
    private int _minutes;
    private int _current;
    private int _next;
    private int _samples;
    private long _minuteEnds;

    /// <summary>
    /// The minimum of the last minutes, including the difference of the clocks; valid only if <see cref="HasBase"/>.
    /// </summary>
    public uint Base { get; private set; }

    /// <summary>Whether there was a sample.</summary>
    public bool HasBase => _minutes > 0;

    /// <summary>The delay above the minimum: the smallest of the latest samples.</summary>
    public uint Current
    {
        get
        {
            uint least = uint.MaxValue;
            for (int i = 0; i < _samples; i++)
                least = Math.Min(least, Above(_recent[i]));
            return least;
        }
    }

    /// <summary>Takes a sample.</summary>
    public void Add(uint sample, long now)
    {
        if (_minutes == 0)
        {
            (_minutes, _bases[0], Base, _minuteEnds) = (1, sample, sample, now + Minute);
        }
        else if (now >= _minuteEnds)
        {
            _current = (_current + 1) % Minutes;
            _minutes = Math.Min(_minutes + 1, Minutes);
            _bases[_current] = sample;
            _minuteEnds = now + Minute;
            FindBase();
        }
        else if (IsLess(sample, _bases[_current]))
        {
            _bases[_current] = sample;
            if (IsLess(sample, Base))
                Base = sample;
        }

        _recent[_next] = sample;
        _next = (_next + 1) % Recent;
        _samples = Math.Min(_samples + 1, Recent);
    }

    /// <summary>Shifts the history, because the other clock runs at a different speed.</summary>
    public void Shift(uint by)
    {
        for (int i = 0; i < _minutes; i++)
            _bases[i] += by;
        Base += by;
    }

    private static bool IsLess(uint one, uint other) => (int)(one - other) < 0;

    private uint Above(uint sample) => IsLess(sample, Base) ? 0 : sample - Base;

    private void FindBase()
    {
        Base = _bases[0];
        for (int i = 1; i < _minutes; i++)
        {
            if (IsLess(_bases[i], Base))
                Base = _bases[i];
        }
    }

    // Inline: each connection has two histories, and there are thousands.
    [InlineArray(Minutes)]
    private struct Bases
    {
        private uint _first;
    }

    [InlineArray(Recent)]
    private struct Samples
    {
        private uint _first;
    }
}
