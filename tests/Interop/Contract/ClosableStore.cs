using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>An empty store that records whether it was closed.</summary>
internal sealed class ClosableStore : IResumeStore
{
    public bool IsClosed { get; private set; }

    public ResumeData? Load(out TorrentError? warning)
    {
        warning = null;
        return null;
    }

    public void MetadataReceived(TorrentMetainfo metainfo)
    {
    }

    public void PieceVerified(int piece)
    {
    }

    public void Checkpoint(ResumeData data)
    {
    }

    public void Discard()
    {
    }

    public void Dispose() => IsClosed = true;
}
