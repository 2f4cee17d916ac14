using System.Runtime.CompilerServices;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Gives a torrent's metadata to peers that ask for it (BEP 9): twice to each, a bit more each minute, and within the peer's limits
/// on sending. Thread-safe.
/// </summary>
/// <param name="metadata">The info dictionary as it is hashed.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataServer(ReadOnlyMemory<byte> metadata, TimeProvider time) : IPeerExtension, IDisposable
{
    /// <summary>Pieces beyond twice the metadata that a peer may have at once, so that small metadata may be asked for again.</summary>
    private const int Slack = 16;

    /// <summary>Pieces that may wait to be sent to one peer.</summary>
    private const int MostPending = 16;

    /// <summary>Bytes that may wait for a peer that does not read before it is refused more.</summary>
    private const int MostUnsent = 512 * 1024;

    /// <summary>What each peer may still have; null until a peer asks: few torrents of many are ever asked.</summary>
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

    /// <summary>Refuses a piece, which is work for nothing. It goes out with all else that this receive is answered with.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="extension">The extension, by which the peer knows what the message is.</param>
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
            // The torrent stops.
        }
#pragma warning disable CA1031 // The root of what is sent: whatever it is ends this peer and nothing else.
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

    /// <summary>How many pieces a peer may still have, and how many of them count as use.</summary>
    private sealed class Allowance(int pieces, int useful, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private double _pieces = pieces;
        private long _filledAt = time.GetTimestamp();
        private int _useful = useful;
        private int _pending;

        /// <summary>Whether a piece that was sent is one of the first copy.</summary>
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
