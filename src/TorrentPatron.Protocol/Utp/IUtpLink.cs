namespace TorrentPatron.Protocol.Utp;

/// <summary>Carries a connection's packets to the other side.</summary>
internal interface IUtpLink
{
    /// <summary>Sends a packet; delivery is not guaranteed. The buffer may be reused after the call.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isWhole">Whether fragmentation is forbidden: the packet probes the path MTU.</param>
    /// <returns>Whether there was room; if not, call <see cref="UtpConnection.Flush"/> when there is.</returns>
    bool TrySend(ReadOnlySpan<byte> packet, bool isWhole = false);
}
