using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>What a torrent's work tells its host; on any thread, without a lock held.</summary>
internal interface IWorkEvents
{
    /// <summary>The metadata is here; its hash is right.</summary>
    /// <param name="info">The info dictionary.</param>
    void MetadataFetched(byte[] info);

    /// <summary>The piece layers of a v2 torrent are here; they hash to the roots of their files.</summary>
    /// <param name="metainfo">The torrent without them.</param>
    /// <param name="layers">The layers, by the roots.</param>
    void PieceLayersFetched(TorrentMetainfo metainfo, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> layers)
    {
    }

    /// <summary>A piece is verified and written.</summary>
    /// <param name="piece">Its index.</param>
    /// <param name="isComplete">Whether it was the last one that was wanted.</param>
    void PieceVerified(int piece, bool isComplete);

    /// <summary>The disk refuses: the work cannot go on.</summary>
    void StorageFailed(TorrentError error);

    /// <summary>Something that may want attention, and does not end the work.</summary>
    void Warned(TorrentError warning)
    {
    }

    /// <summary>The work has come upon what it did not expect.</summary>
    void Faulted(Exception fault);
}
