using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Hosting;

/// <summary>What a torrent's work tells its host; on any thread, without a lock held.</summary>
internal interface IWorkEvents
{
    /// <summary>The metadata is here; its hash is right.</summary>
    /// <param name="info">The info dictionary.</param>
    void MetadataFetched(byte[] info);

    /// <summary>A piece is verified and written.</summary>
    /// <param name="piece">Its index.</param>
    /// <param name="isComplete">Whether it was the last one that was wanted.</param>
    void PieceVerified(int piece, bool isComplete);

    /// <summary>The disk refuses: the work cannot go on.</summary>
    void StorageFailed(TorrentError error);

    /// <summary>The work has come upon what it did not expect.</summary>
    void Faulted(Exception fault);
}
