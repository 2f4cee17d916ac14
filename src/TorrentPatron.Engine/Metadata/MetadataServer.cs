using System.Runtime.CompilerServices;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Sends a torrent's metadata to peers that request it (BEP 9): at most twice to each, plus a little every minute, within the
/// peer's upload limits. Thread-safe.
/// </summary>
/// <param name="metadata">The exact bytes of the info dictionary.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataServer(ReadOnlyMemory<byte> metadata, TimeProvider time) : IPeerExtension, IDisposable
{
    /// <summary>Pieces beyond two copies that a peer may have at once, so that small metadata may be requested again.</summary>
    private const int Slack = 16;

    /// <summary>Pieces that may wait to be sent to one peer.</summary>
    private const int MostPending = 16;

    /// <summary>The most unsent bytes for a peer that does not read, before further requests are rejected.</summary>
    private const int MostUnsent = 512 * 1024;

    /// <summary>
    /// The remaining allowance of each peer; null until the first request, because most torrents never get one.
    /// </summary>
    private ConditionalWeakTable<PeerConnection, Allowance>? _allowances;
    private readonly CancellationTokenSource _stop = new();

    private int PieceCount => MetadataMessage.CountPieces(metadata.Length);

    /// <inheritdoc/>
    public string Name => MetadataMessage.Extension;

    /// <inheritdoc/>
    public int MaxLength => MetadataMessage.MaxLength;

    /// <inheritdoc/>
    public ExtensionHandshake Describe(ExtensionHandshake hello) => hello with { MetadataSize = metadata.Length };

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload)
    {
        if (!MetadataMessage.TryRead(payload, out MetadataMessage message))
            return "It sent an invalid metadata message.";
        if (message.Kind != MetadataMessageKind.Request)
        {
            peer.FutileWork.Charge(FutileWork.Of(payload.Length));
            return null;
        }

        Allowance allowance = LazyInitializer.EnsureInitialized(ref _allowances).GetValue(peer, _ => new Allowance((2 * PieceCount) + Slack, PieceCount, time));
        if (message.Piece >= PieceCount || peer.Sender.Waiting > MostUnsent || !allowance.TryTake(PieceCount))
            Refuse(peer, this, message.Piece);
        else
            _ = SendAsync(peer, message.Piece, allowance);
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Cancel();

    /// <summary>
    /// Rejects a request, which counts as futile work. The message is sent with the other answers to this receive.
    /// </summary>
    /// <param name="peer">The requesting peer.</param>
    /// <param name="extension">The extension, which gives the message its number.</param>
    /// <param name="piece">Index of the piece.</param>
    public static void Refuse(PeerConnection peer, IPeerExtension extension, int piece)
    {
        peer.FutileWork.Charge(FutileWork.Change);
        peer.Extensions.TryAdd(extension, MetadataMessage.WriteReject(piece));
    }

    private async Task SendAsync(PeerConnection peer, int piece, Allowance allowance)
    {
        int useful = 0;
        peer.BeginMetadata();
        try
        {
            int length = MetadataMessage.LengthOf(piece, metadata.Length);
            await peer.Limits.Upload.AcquireAsync(length, _stop.Token).ConfigureAwait(false);
            if (!peer.IsClosed && peer.Extensions.TryAdd(this, MetadataMessage.WriteData(piece, metadata.Span)))
            {
                peer.Sender.Flush();
                useful = allowance.TryTakeUse() ? length : 0;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The torrent is stopping.
        }
#pragma warning disable CA1031 // The root of a send: any exception ends this peer only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            peer.Close(e, "sending metadata");
        }
        finally
        {
            allowance.Sent();
            peer.EndMetadata(useful);
        }
    }

    /// <summary>The pieces that a peer may still have, and how many of them count as useful.</summary>
    private sealed class Allowance(int pieces, int useful, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private double _pieces = pieces;
        private long _filledAt = time.GetTimestamp();
        private int _useful = useful;
        private int _pending;

        /// <summary>Whether a sent piece belongs to the first copy.</summary>
        public bool TryTakeUse() => Interlocked.Decrement(ref _useful) >= 0;

        public bool TryTake(int perMinute)
        {
            lock (_gate)
            {
                long now = time.GetTimestamp();
                _pieces = Math.Min(pieces, _pieces + (time.GetElapsedTime(_filledAt, now).TotalMinutes * perMinute));
                _filledAt = now;
                if (_pieces < 1 || _pending >= MostPending)
                    return false;
                _pieces--;
                _pending++;
                return true;
            }
        }

        public void Sent()
        {
            lock (_gate)
                _pending--;
        }
    }
}
