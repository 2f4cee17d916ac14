namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The hash of one piece, made as its bytes come. Not thread-safe; <see cref="Dispose()"/> lets others use its memory.</summary>
public abstract class PieceHash : IDisposable
{
    /// <summary>Length of the hash of a v1 torrent's piece, bytes.</summary>
    public const int V1Length = 20;

    /// <summary>Length of the hash, bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Begins the hash of a piece for a v1 torrent that is being made: SHA-1.</summary>
    public static PieceHash BeginV1() => new Sha1PieceHash();

    /// <summary>Appends the piece's next bytes.</summary>
    /// <param name="blocks">Whole blocks of 16 KiB, in their order; the piece's last one may be shorter.</param>
    public abstract void Append(ReadOnlySpan<byte> blocks);

    /// <summary>Ends the hash.</summary>
    /// <param name="hash">Takes it: <see cref="Length"/> bytes.</param>
    public abstract void End(Span<byte> hash);

    /// <summary>Gives back what it has borrowed. Nothing may be called after it.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what it has borrowed.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> is what calls it.</param>
    protected abstract void Dispose(bool disposing);
}
