using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Metadata of one claimed size while it is assembled: which pieces have arrived, from whom, and which are requested. It takes
/// its memory once, with the first piece. Not thread-safe.
/// </summary>
/// <param name="size">The size that peers claim, bytes.</param>
/// <param name="only">The only peer whose pieces are used; null to use those of all peers that claim this size.</param>
/// <param name="now">The time; a timestamp of the clock.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataAssembly(int size, PeerConnection? only, long now, TimeProvider time)
{
    /// <summary>The most peers asked for one piece at once.</summary>
    private const int MostAsked = 3;

    /// <summary>
    /// How long a request may be open before another peer is asked for the same piece, once all pieces are requested.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The time that any size is allowed while others wait for memory.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(30);

    /// <summary>Bytes/s below which it is too slow while others wait for memory.</summary>
    private const int LeastRate = 64 * 1024;

    /// <summary>The longest time without a piece while others wait for memory.</summary>
    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(10);

    private byte[]? _all;
    private readonly MetadataPiece[] _pieces = new MetadataPiece[MetadataMessage.CountPieces(size)];

    /// <summary>Size in bytes.</summary>
    public int Size => size;

    /// <summary>Whether its time is up and it should make room for others.</summary>
    /// <param name="now">The time; a timestamp of the clock.</param>
    public bool IsOverdue(long now) => !IsComplete
        && (time.GetElapsedTime(LastProgress, now) > MostSilence
            || time.GetElapsedTime(_begunAt, now) > LeastTime + TimeSpan.FromSeconds((double)size / LeastRate));

    /// <summary>The only peer whose pieces are used; null to use those of all.</summary>
    public PeerConnection? Only => only;

    /// <summary>Number of pieces.</summary>
    public int Count => _pieces.Length;

    /// <summary>The number of pieces received.</summary>
    public int Received { get; private set; }

    /// <summary>Whether all pieces have arrived.</summary>
    public bool IsComplete => Received == Count;

    /// <summary>When the last piece arrived, or the assembly began; a timestamp of the clock.</summary>
    public long LastProgress { get; private set; } = now;

    private readonly long _begunAt = now;

    /// <summary>The peers whose pieces it contains.</summary>
    public IReadOnlyCollection<PeerConnection> Senders => [.. _pieces.Select(piece => piece.From).OfType<PeerConnection>().Distinct()];

    /// <summary>Reserves a piece to request from a peer: one that is not requested yet, or else one that is overdue.</summary>
    /// <param name="isAsked">Returns whether a piece is already requested from that peer.</param>
    /// <param name="now">The time; a timestamp of the clock.</param>
    /// <returns>Its index; -1 if there is none.</returns>
    public int Take(Predicate<int> isAsked, long now)
    {
        int late = -1;
        for (int index = 0; index < _pieces.Length; index++)
        {
            ref MetadataPiece piece = ref _pieces[index];
            if (piece.From is not null || isAsked(index))
                continue;
            if (piece.Asked == 0)
                return Ask(index, now);
            if (late < 0 && piece.Asked < MostAsked && time.GetElapsedTime(piece.AskedAt, now) > Patience)
                late = index;
        }

        return late < 0 ? -1 : Ask(late, now);
    }

    /// <summary>Releases a piece that a peer will not deliver.</summary>
    public void Release(int index)
    {
        if (_pieces[index].Asked > 0)
            _pieces[index].Asked--;
    }

    /// <summary>Stores a piece; a duplicate is ignored.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="data">The piece's data, of exactly its length.</param>
    /// <param name="from">The sender.</param>
    /// <param name="now">The time; a timestamp of the clock.</param>
    public void Put(int index, ReadOnlySpan<byte> data, PeerConnection from, long now)
    {
        ref MetadataPiece piece = ref _pieces[index];
        if (piece.From is not null)
            return;
        data.CopyTo((_all ??= new byte[size]).AsSpan(index * MetadataMessage.PieceLength));
        piece.From = from;
        LastProgress = now;
        Received++;
    }

    /// <summary>The complete metadata, not a copy.</summary>
    public byte[] All => _all!;

    private int Ask(int index, long now)
    {
        _pieces[index].Asked++;
        _pieces[index].AskedAt = now;
        return index;
    }

    private struct MetadataPiece
    {
        public PeerConnection? From;
        public int Asked;
        public long AskedAt;
    }
}
