namespace TorrentPatron.Protocol.Utp;

/// <summary>Carries a connection's packets to the other side.</summary>
internal interface IUtpLink
{
    /// <summary>Sends a packet; delivery is not guaranteed. Its bytes may be used again when this returns.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isWhole">Whether it must arrive whole or not at all: it finds out what the path carries.</param>
    /// <returns>Whether there was room; else <see cref="UtpConnection.Flush"/> is to be called when there is.</returns>
    bool TrySend(ReadOnlySpan<byte> packet, bool isWhole = false);
}
