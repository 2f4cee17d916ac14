using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The exchange of handshakes (BEP 3) on a fresh connection, each way, within its time.</summary>
internal static class PeerHandshaker
{
    /// <summary>Sends our handshake and takes the other side's.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="ours">What we say.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The other side is no peer of that torrent.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the time is over.</exception>
    public static async Task<Handshake> DialAsync(
        IConnection connection, Handshake ours, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(PeerTimeouts.Handshake, time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using CancellationTokenRegistration abort = timeout.Token.UnsafeRegister(static c => ((IConnection)c!).Dispose(), connection);
        try
        {
            await SendAsync(connection, ours).ConfigureAwait(false);
            Handshake handshake = await ReceiveAsync(connection).ConfigureAwait(false);
            return handshake.InfoHash == ours.InfoHash ? handshake : throw new IOException("The peer speaks of another torrent.");
        }
        catch (IOException) when (timeout.IsCancellationRequested)
        {
            throw new OperationCanceledException("The peer did not shake hands in time.", timeout.Token);
        }
    }

    /// <summary>Takes the other side's handshake and, where we know the torrent, answers.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isKnown">Whether a torrent runs here.</param>
    /// <param name="ours">What we say of a torrent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The other side is no peer, or of no torrent of ours.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the time is over.</exception>
    public static async Task<Handshake> AnswerAsync(
        IConnection connection, Predicate<InfoHash> isKnown, Func<InfoHash, Handshake> ours, TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(PeerTimeouts.Handshake, time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using CancellationTokenRegistration abort = timeout.Token.UnsafeRegister(static c => ((IConnection)c!).Dispose(), connection);
        try
        {
            Handshake handshake = await ReceiveAsync(connection).ConfigureAwait(false);
            if (!isKnown(handshake.InfoHash))
                throw new IOException("The peer asks for a torrent that does not run here.");
            await SendAsync(connection, ours(handshake.InfoHash)).ConfigureAwait(false);
            return handshake;
        }
        catch (IOException) when (timeout.IsCancellationRequested)
        {
            throw new OperationCanceledException("The peer did not shake hands in time.", timeout.Token);
        }
    }

    private static async Task SendAsync(IConnection connection, Handshake ours)
    {
        var bytes = new byte[Handshake.Length];
        ours.Write(bytes);
        await connection.SendAsync(bytes).ConfigureAwait(false);
    }

    private static async Task<Handshake> ReceiveAsync(IConnection connection)
    {
        var bytes = new byte[Handshake.Length];
        int have = 0;
        while (have < bytes.Length)
        {
            int received = await connection.ReceiveAsync(bytes.AsMemory(have)).ConfigureAwait(false);
            if (received == 0)
                throw new IOException("The peer closed the connection before it shook hands.");
            have += received;
        }

        return Handshake.TryRead(bytes, out Handshake handshake) ? handshake : throw new IOException("The other side does not speak BitTorrent.");
    }
}
