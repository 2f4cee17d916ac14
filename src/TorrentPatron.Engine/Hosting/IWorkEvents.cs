using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Receives the events of a torrent's work; called on any thread, without a lock held.</summary>
internal interface IWorkEvents
{
    /// <summary>The metadata has arrived and matches its hash.</summary>
    /// <param name="info">The info dictionary.</param>
    void MetadataFetched(byte[] info);

    /// <summary>The piece layers of a v2 torrent have arrived and match the roots of their files.</summary>
    /// <param name="metainfo">The torrent without its piece layers.</param>
    /// <param name="layers">The layers, by root.</param>
    void PieceLayersFetched(TorrentMetainfo metainfo, IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>> layers)
    {
    }

    /// <summary>A piece is verified and written.</summary>
    /// <param name="piece">Its index.</param>
    /// <param name="isComplete">Whether it was the last wanted piece.</param>
    void PieceVerified(int piece, bool isComplete);

    /// <summary>A disk error stopped the work.</summary>
    void StorageFailed(TorrentError error);

    /// <summary>A problem that does not end the work.</summary>
    void Warned(TorrentError warning)
    {
    }

    /// <summary>An unexpected exception in the work.</summary>
    void Faulted(Exception fault);
}
