using System.Buffers;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Performs the handshake (BEP 3, after an optional encrypted handshake) on a new connection, in either role, within a time
/// limit.
/// </summary>
/// <param name="engine">The engine's shared resources.</param>
internal sealed class PeerHandshaker(EngineResources engine)
{
    /// <summary>Shakes hands as the dialling side.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="isEncrypted">Whether to encrypt.</param>
    /// <param name="isSecond">Whether to use the v2 hash of a hybrid, for a peer that knows no other.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The stream to continue with, and the other side's handshake, with <see cref="Handshake.IsV2"/>.</returns>
    /// <exception cref="IOException">
    /// The other side is not a peer of that torrent; <see cref="HandshakeRefusedException"/> if it never answered.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled, or timed out.</exception>
    public Task<(IConnection Connection, Handshake Handshake)> DialAsync(
        IConnection connection, TorrentId torrent, bool isEncrypted, bool isSecond, CancellationToken cancellationToken) =>
        InTimeAsync(
            connection,
            async cancellation =>
            {
                byte[] ours = new byte[Handshake.Length];
                InfoHash name = isSecond ? torrent.SecondWireHash!.Value : torrent.WireHash;
                (engine.MakeHandshake(name) with { SupportsV2 = !isSecond && torrent.SecondWireHash is not null }).Write(ours);
                IConnection stream = connection;
                if (isEncrypted)
                    stream = await EncryptAsync(connection, name, ours, cancellation).ConfigureAwait(false);
                else
                    await connection.SendAsync(ours).ConfigureAwait(false);
                byte[] theirs = new byte[Handshake.Length];
                await ReceiveAsync(stream, theirs, have: 0, theirs.Length).ConfigureAwait(false);
                Handshake handshake = Read(theirs);
                // By BEP 52 the dialled side may answer with the v2 hash; then the connection continues with version 2.
                bool isUpgraded = handshake.InfoHash == torrent.SecondWireHash;
                return handshake.InfoHash == name || isUpgraded
                    ? (stream, handshake with { IsV2 = isUpgraded || torrent.V1 is null })
                    : throw new IOException("The peer answered for a different torrent.");
            },
            cancellationToken);

    /// <summary>Receives the other side's handshake and, if the torrent is here, answers it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isKnown">Returns the running torrent with a hash; null if there is none.</param>
    /// <param name="find">Returns the torrent that an encrypted handshake names.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The stream to continue with, and the other side's handshake.</returns>
    /// <exception cref="IOException">The other side is not a peer, or not of a torrent that is here.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or timed out.</exception>
    public Task<(IConnection Connection, Handshake Handshake)> AnswerAsync(
        IConnection connection, Func<InfoHash, TorrentId?> isKnown, Func<ObfuscatedInfoHash, InfoHash?> find, CancellationToken cancellationToken) =>
        InTimeAsync(
            connection,
            async cancellation =>
            {
                byte[] theirs = new byte[Handshake.Length];
                int have = await ReceiveAsync(connection, theirs, have: 0, Handshake.Beginning.Length).ConfigureAwait(false);
                // Any other beginning is the key of an encrypted handshake.
                bool isPlain = theirs.AsSpan().StartsWith(Handshake.Beginning);
                if (engine.Settings.Encryption == (isPlain ? EncryptionPolicy.Require : EncryptionPolicy.Off))
                    throw new IOException(isPlain ? "The peer does not encrypt, but encryption is required." : "The peer encrypts, but encryption is switched off.");
                IConnection stream = connection;
                if (!isPlain)
                {
                    stream = await DecryptAsync(connection, theirs.AsMemory(0, have), find, cancellation).ConfigureAwait(false);
                    have = 0;
                }

                await ReceiveAsync(stream, theirs, have, theirs.Length).ConfigureAwait(false);
                Handshake handshake = Read(theirs);
                TorrentId torrent = isKnown(handshake.InfoHash) ?? throw new IOException("The peer asked for a torrent that is not running here.");
                // A peer that names the v1 hash of a hybrid and offers version 2 is answered with the v2 hash.
                bool isV2 = handshake.InfoHash != torrent.V1 || (handshake.SupportsV2 && torrent.SecondWireHash is not null);
                byte[] ours = new byte[Handshake.Length];
                InfoHash name = isV2 ? torrent.SecondWireHash ?? handshake.InfoHash : handshake.InfoHash;
                (engine.MakeHandshake(name) with { SupportsV2 = torrent.V2 is not null }).Write(ours);
                await stream.SendAsync(ours).ConfigureAwait(false);
                return (stream, handshake with { IsV2 = isV2 });
            },
            cancellationToken);

    private async Task<T> InTimeAsync<T>(IConnection connection, Func<CancellationToken, Task<T>> shakeHands, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(PeerTimeouts.Handshake, engine.Time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using CancellationTokenRegistration abort = timeout.Token.UnsafeRegister(static c => ((IConnection)c!).Dispose(), connection);
        try
        {
            return await shakeHands(timeout.Token).ConfigureAwait(false);
        }
        catch (IOException) when (timeout.IsCancellationRequested)
        {
            throw new OperationCanceledException("The peer did not complete its handshake in time.", timeout.Token);
        }
    }

    private async Task<IConnection> EncryptAsync(IConnection connection, InfoHash torrent, byte[] ours, CancellationToken cancellation)
    {
        EncryptionMethods offered = engine.Settings.Encryption == EncryptionPolicy.Require
            ? EncryptionMethods.Rc4
            : EncryptionMethods.Rc4 | EncryptionMethods.Plaintext;
        EncryptionInitiator side = await InTurnAsync(() => new EncryptionInitiator(torrent, offered, ours, engine.Random.NextBytes), cancellation).ConfigureAwait(false);
        return await AgreeAsync(connection, side, default, cancellation).ConfigureAwait(false);
    }

    private async Task<IConnection> DecryptAsync(
        IConnection connection, ReadOnlyMemory<byte> received, Func<ObfuscatedInfoHash, InfoHash?> find, CancellationToken cancellation)
    {
        EncryptionResponder side = await InTurnAsync(() => new EncryptionResponder(find, Choose, engine.Random.NextBytes), cancellation).ConfigureAwait(false);
        return await AgreeAsync(connection, side, received, cancellation).ConfigureAwait(false);
    }

    // Plaintext costs neither side anything, and a peer that only wanted to pass a filter has passed it by now.
    private EncryptionMethods Choose(EncryptionMethods offered) =>
        engine.Settings.Encryption != EncryptionPolicy.Require && offered.HasFlag(EncryptionMethods.Plaintext)
            ? EncryptionMethods.Plaintext
            : offered & EncryptionMethods.Rc4;

    private async Task<IConnection> AgreeAsync(
        IConnection connection, EncryptionHandshake side, ReadOnlyMemory<byte> received, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1024);
        try
        {
            while (true)
            {
                if (received.Length > 0)
                {
                    if (side.AwaitsKey)
                        await InTurnAsync(() => side.Receive(received.Span), cancellation).ConfigureAwait(false);
                    else
                        side.Receive(received.Span);
                }

                if (side.State == EncryptionState.Failed)
                    throw new IOException("The encrypted handshake failed.");
                if (side.TakeToSend() is { Length: > 0 } bytes)
                    await connection.SendAsync(bytes).ConfigureAwait(false);
                if (side.State == EncryptionState.Done)
                    return new EncryptedConnection(connection, side);
                int count = await ReceiveAsync(connection, buffer, isFirst: side is EncryptionInitiator { AwaitsKey: true }).ConfigureAwait(false);
                received = count > 0 ? buffer.AsMemory(0, count) : throw new HandshakeRefusedException(hasAgreed: true);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Limits concurrency: an exponentiation costs a millisecond, and unknown peers must not occupy all processors.
    /// </summary>
    private async Task<T> InTurnAsync<T>(Func<T> compute, CancellationToken cancellation)
    {
        await engine.KeyExchanges.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return compute();
        }
        finally
        {
            engine.KeyExchanges.Release();
        }
    }

    /// <summary>Receives until there are at least this many bytes.</summary>
    /// <returns>The number of bytes received.</returns>
    private static async Task<int> ReceiveAsync(IConnection connection, byte[] bytes, int have, int needed)
    {
        while (have < needed)
        {
            int received = await ReceiveAsync(connection, bytes.AsMemory(have), isFirst: have == 0).ConfigureAwait(false);
            have += received > 0 ? received : throw new IOException("The peer closed the connection before its handshake.");
        }

        return have;
    }

    /// <summary>Receives some bytes. A connection that ends or is reset before the first byte counts as refused.</summary>
    private static async Task<int> ReceiveAsync(IConnection connection, Memory<byte> bytes, bool isFirst)
    {
        try
        {
            int received = await connection.ReceiveAsync(bytes).ConfigureAwait(false);
            return received > 0 || !isFirst ? received : throw new HandshakeRefusedException();
        }
        catch (IOException e) when (isFirst && e is not HandshakeRefusedException)
        {
            throw new HandshakeRefusedException(e);
        }
    }

    private static Handshake Read(byte[] bytes) =>
        Handshake.TryRead(bytes, out Handshake handshake) ? handshake : throw new IOException("The other side does not speak BitTorrent.");
}
