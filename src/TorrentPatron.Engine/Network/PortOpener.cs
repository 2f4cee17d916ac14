using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Opens the port for incoming peers: one number for both IP versions, unless a particular address is configured.
/// </summary>
internal static class PortOpener
{
    /// <summary>The most ports tried, if any will do, until one is free in both IP versions.</summary>
    private const int MostTries = 20;

    /// <summary>Opens a port.</summary>
    /// <param name="wanted">The port; 0 means any that is free in each IP version; -1 means not to listen.</param>
    /// <param name="addresses">The addresses to listen on.</param>
    /// <param name="listen">
    /// Opens a listener; throws <see cref="IOException"/> or <see cref="SocketException"/> on failure.
    /// </param>
    /// <param name="endPointOf">Returns a listener's end point.</param>
    /// <typeparam name="T">The type of listeners.</typeparam>
    /// <returns>
    /// The listeners, at most one for each IP version, and a warning if they are fewer than requested, or null.
    /// </returns>
    /// <remarks>
    /// A requested number is not replaced by another, because a router or firewall may be configured for it. If it is taken in
    /// one IP version, that version is not used.
    /// </remarks>
    public static (IReadOnlyList<T> Listeners, TorrentError? Warning) Open<T>(
        int wanted, IReadOnlyList<IPAddress> addresses, Func<IPEndPoint, T> listen, Func<T, IPEndPoint> endPointOf)
        where T : IDisposable
    {
        if (wanted < 0)
            return ([], null);
        for (int attempt = 1; ; attempt++)
        {
            int port = wanted;
            var opened = new List<T>();
            var failures = new List<(IPAddress Address, Exception Cause)>();
            foreach (IPAddress address in addresses)
            {
                try
                {
                    opened.Add(listen(new IPEndPoint(address, port)));
                    port = endPointOf(opened[^1]).Port;
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    failures.Add((address, e));
                }
            }

            bool isAnotherTried = wanted == 0 && opened.Count > 0 && failures.Exists(failure => IsTaken(failure.Cause)) && attempt < MostTries;
            if (!isAnotherTried)
                return (opened, Warn(port, failures, hasListener: opened.Count > 0));
            foreach (T listener in opened)
                listener.Dispose();
        }
    }

    private static TorrentError? Warn(int port, List<(IPAddress Address, Exception Cause)> failures, bool hasListener)
    {
        // A machine without IPv6 lacks nothing as long as it has IPv4.
        failures.RemoveAll(failure => hasListener && failure.Address.AddressFamily == AddressFamily.InterNetworkV6 && !IsTaken(failure.Cause));
        if (failures is not [(_, { } cause), ..])
            return null;
        string over = string.Join(" and ", failures.Select(failure => failure.Address.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6"));
        return new TorrentError(
            TorrentErrorId.ListenFailed, $"Port {port} cannot be opened over {over}: {cause.Message.TrimEnd('.')}.",
            IsTaken(cause)
                ? $"Another program is using it: close that program, or choose another port; until then peers cannot connect over {over} from outside, but downloads work."
                : $"Choose another port; until then peers cannot connect over {over} from outside, but downloads work.");
    }

    private static bool IsTaken(Exception cause) =>
        (cause as SocketException ?? cause.InnerException as SocketException)?.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied;
}
