using System.Net;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>libtorrent, by its Python bindings.</summary>
internal sealed class LibtorrentPeer : ForeignPeer
{
    private LibtorrentPeer(ToolProcess process, IPEndPoint endPoint)
        : base(process, endPoint)
    {
    }

    public static LibtorrentPeer Start(string torrent, string folder, IPEndPoint endPoint, TrackerlessDiscovery discovery, IPEndPoint[] peers)
    {
        string[] options =
        [
            .. discovery.DhtNode is { } node ? ["--dht", node.ToString()] : Array.Empty<string>(),
            .. discovery.RequiredEncryption is EncryptionMethods.None ? Array.Empty<string>() : ["--require-encryption", $"{(int)discovery.RequiredEncryption}"],
            .. discovery.PeerExchange ? ["--pex"] : Array.Empty<string>(),
            .. discovery.Utp ? ["--utp"] : Array.Empty<string>(),
            .. discovery.LocalDiscovery ? ["--lsd"] : Array.Empty<string>(),
        ];
        string[] arguments =
            [Tool.Script("libtorrent_peer.py"), .. options, torrent, folder, endPoint.ToString(), .. peers.Select(p => p.ToString())];
        return new LibtorrentPeer(ToolProcess.Start(Tool.RequireLibtorrent(), arguments), endPoint);
    }

    protected override Task<bool> IsSeedingAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Process.Said("seeding"));
}
