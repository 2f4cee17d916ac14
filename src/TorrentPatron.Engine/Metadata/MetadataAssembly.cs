using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Metadata of one size being put together: which pieces are here and from whom, which are asked for. Takes the memory that it needs, once,
/// with the first piece. Not thread-safe.
/// </summary>
/// <param name="size">Size in bytes, as peers claim it.</param>
/// <param name="only">The one peer whose pieces are taken; null: those of all that claim this size.</param>
/// <param name="now">The time; a timestamp of the clock.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataAssembly(int size, PeerConnection? only, long now, TimeProvider time)
{
    /// <summary>Peers that one piece is asked of at once.</summary>
    private const int MostAsked = 3;

    /// <summary>How long a piece has been asked for when another peer is asked too, once all pieces are asked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The time that any size has, where others wait.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(30);

    /// <summary>Bytes/s below which it takes too long, where others wait.</summary>
    private const int LeastRate = 64 * 1024;

    /// <summary>The longest time without a piece, where others wait.</summary>
    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(10);

    private byte[]? _all;
    private readonly MetadataPiece[] _pieces = new MetadataPiece[MetadataMessage.CountPieces(size)];

    /// <summary>Size in bytes.</summary>
    public int Size => size;

    /// <summary>Whether it has had its time and should make way for others.</summary>
    /// <param name="now">The time; a timestamp of the clock.</param>
    public bool IsOverdue(long now) => !IsComplete
        && (time.GetElapsedTime(LastProgress, now) > MostSilence
            || time.GetElapsedTime(_begunAt, now) > LeastTime + TimeSpan.FromSeconds((double)size / LeastRate));

    /// <summary>The one peer whose pieces are taken; null: those of all.</summary>
    public PeerConnection? Only => only;

    /// <summary>Number of pieces.</summary>
    public int Count => _pieces.Length;

    /// <summary>Pieces that are here.</summary>
    public int Received { get; private set; }

    /// <summary>Whether all pieces are here.</summary>
    public bool IsComplete => Received == Count;

    /// <summary>When a piece last came, or it was begun; a timestamp of the clock.</summary>
    public long LastProgress { get; private set; } = now;

    private readonly long _begunAt = now;

    /// <summary>Those whose pieces are in it.</summary>
    public IReadOnlyCollection<PeerConnection> Senders => [.. _pieces.Select(piece => piece.From).OfType<PeerConnection>().Distinct()];

    /// <summary>Takes a piece to ask a peer for: one that nobody is asked for, or else one that is long in coming.</summary>
    /// <param name="isAsked">Whether that peer is asked for a piece already.</param>
    /// <param name="now">The time; a timestamp of the clock.</param>
    /// <returns>Its index; -1: there is none.</returns>
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

    /// <summary>A piece will not come from one that was asked.</summary>
    public void Release(int index)
    {
        if (_pieces[index].Asked > 0)
            _pieces[index].Asked--;
    }

    /// <summary>Puts a piece in that has come; one that is here already counts for nothing.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="data">As many bytes as that piece has.</param>
    /// <param name="from">Who sent it.</param>
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

    /// <summary>All of it, when it is complete; no copy.</summary>
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
