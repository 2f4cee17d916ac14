namespace TorrentPatron.Engine.Network;

/// <summary>
/// How many connections and files an engine has open at once: as many as are of use, and fewer where the process may have few, so that
/// strangers cannot take the descriptors that everything else needs.
/// </summary>
/// <param name="Peers">Connected peers.</param>
/// <param name="HalfOpen">Connections being made.</param>
/// <param name="Accepted">Connections that were accepted and have not shaken hands.</param>
/// <param name="Files">Open files of torrents.</param>
internal readonly record struct ConnectionBounds(int Peers, int HalfOpen, int Accepted, int Files)
{
    /// <summary>Descriptors that are left to the rest of the process: assemblies, state files, trackers, the script.</summary>
    private const int Reserve = 100;

    /// <summary>The bounds where the process may have all the descriptors that it wants.</summary>
    public static ConnectionBounds Unlimited { get; } = new(int.MaxValue, HalfOpen: 100, Accepted: 200, Files: 256);

    /// <summary>The bounds for a limit of the process.</summary>
    /// <param name="descriptors">Descriptors that the process may have open at once.</param>
    public static ConnectionBounds Of(int descriptors)
    {
        int shared = Math.Max(descriptors - Reserve, 40);
        return descriptors == int.MaxValue
            ? Unlimited
            : new ConnectionBounds(
                shared / 2, Math.Min(Unlimited.HalfOpen, shared / 8), Math.Min(Unlimited.Accepted, shared / 8), Math.Min(Unlimited.Files, shared / 4));
    }
}
