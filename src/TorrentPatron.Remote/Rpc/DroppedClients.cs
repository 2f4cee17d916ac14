using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Remote.Rpc;

/// <summary>
/// Remembers for a minute which processes' connections were dropped because they did not read: they could not be told then, and are told when
/// they connect again. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class DroppedClients(TimeProvider time)
{
    /// <summary>Maximum number of processes to remember; the oldest is forgotten first.</summary>
    public const int MostProcesses = 256;

    /// <summary>How long a process is remembered.</summary>
    public static TimeSpan Kept { get; } = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<(string User, int Process), (TorrentError Why, Instant Until)> _processes = [];

    /// <summary>Records that a client's connection was dropped.</summary>
    /// <param name="peer">The client's credentials from the system.</param>
    /// <param name="hello">The client's hello, whose process id is used if the system gives none.</param>
    /// <param name="why">The reason.</param>
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

    /// <summary>Takes the record for a client that connects, once.</summary>
    /// <param name="peer">The client's credentials from the system.</param>
    /// <param name="hello">The client's hello.</param>
    /// <returns>Why its connection was dropped recently; otherwise null.</returns>
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
