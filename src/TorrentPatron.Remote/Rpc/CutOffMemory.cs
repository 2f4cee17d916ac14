using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Remote.Rpc;

/// <summary>
/// Remembers for a minute which processes were cut off because they did not read: they could not be told then, and are told when they
/// connect again. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class CutOffMemory(TimeProvider time)
{
    /// <summary>Processes that are remembered at most; the oldest is forgotten first.</summary>
    public const int MostProcesses = 256;

    /// <summary>How long a process is remembered.</summary>
    public static TimeSpan Kept { get; } = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<(string User, int Process), (TorrentError Why, Instant Until)> _processes = [];

    /// <summary>Notes that a client was cut off.</summary>
    /// <param name="peer">The client, by the system's word.</param>
    /// <param name="hello">What it said of itself: its process counts where the system does not tell.</param>
    /// <param name="why">Why.</param>
    public void Add(PeerCredential peer, Hello hello, TorrentError why)
    {
        if (KeyOf(peer, hello) is not { } key)
            return;
        lock (_gate)
        {
            _processes.Remove(key);
            if (_processes.Count >= MostProcesses)
                _processes.RemoveAt(0);
            _processes.Add(key, (why, Instant.Now(time) + Kept));
        }
    }

    /// <summary>Takes the note about a client that connects, once.</summary>
    /// <param name="peer">The client, by the system's word.</param>
    /// <param name="hello">What it says of itself.</param>
    /// <returns>Why it was cut off lately; null: it was not.</returns>
    public TorrentError? Take(PeerCredential peer, Hello hello)
    {
        if (KeyOf(peer, hello) is not { } key)
            return null;
        lock (_gate)
            return _processes.Remove(key, out var note) && note.Until > Instant.Now(time) ? note.Why : null;
    }

    private static (string User, int Process)? KeyOf(PeerCredential peer, Hello hello) =>
        (peer.ProcessId ?? hello.ProcessId) is > 0 and int process ? (peer.User, process) : null;
}
