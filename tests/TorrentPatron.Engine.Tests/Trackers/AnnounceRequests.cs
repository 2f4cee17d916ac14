using System.Text;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

internal static class AnnounceRequests
{
    public static AnnounceRequest Plain { get; } = new()
    {
        InfoHash = new InfoHash(Convert.FromHexString("123456789ABCDEF123456789ABCDEF123456789A")),
        PeerId = new PeerId(Encoding.ASCII.GetBytes("-TP0100-abcdefghijkl")),
        Port = 6881,
        Left = 3,
    };
}
