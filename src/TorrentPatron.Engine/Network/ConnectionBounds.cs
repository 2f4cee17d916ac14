namespace TorrentPatron.Engine.Network;

/// <summary>
/// The limits on an engine's open connections and files: as many as are useful, and fewer if the process has few file
/// descriptors, so that unknown peers cannot use up the descriptors that everything else needs.
/// </summary>
/// <param name="Peers">Connected peers.</param>
/// <param name="HalfOpen">Dials in progress.</param>
/// <param name="Accepted">Accepted connections that have not completed their handshake.</param>
/// <param name="Files">Open files of torrents.</param>
internal readonly record struct ConnectionBounds(int Peers, int HalfOpen, int Accepted, int Files)
{
    /// <summary>Descriptors reserved for the rest of the process: assemblies, state files, trackers, the script.</summary>
    private const int Reserve = 100;

    /// <summary>The limits for a process without a limit on descriptors.</summary>
    public static ConnectionBounds Unlimited { get; } = new(int.MaxValue, HalfOpen: 100, Accepted: 200, Files: 256);

    /// <summary>The limits for a process with the given number of descriptors.</summary>
    /// <param name="descriptors">The most descriptors that the process may have open.</param>
    public static ConnectionBounds Of(int descriptors)
    {
        int shared = Math.Max(descriptors - Reserve, 40);
        return descriptors == int.MaxValue
            ? Unlimited
            : new ConnectionBounds(
                shared / 2, Math.Min(Unlimited.HalfOpen, shared / 8), Math.Min(Unlimited.Accepted, shared / 8), Math.Min(Unlimited.Files, shared / 4));
    }
}
