using System.Text;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Tests.Trackers;

internal static class AnnounceRequests
{
    public static AnnounceRequest Plain { get; } = new()
    {
        InfoHash = new InfoHash(Convert.FromHexString("123456789ABCDEF123456789ABCDEF123456789A")),
        PeerId = new PeerId(Encoding.ASCII.GetBytes("-TP0100-abcdefghijkl")),
        Port = 6881,
        Uploaded = 1,
        Downloaded = 2,
        Left = 3,
        NumWant = 50,
        Key = 0xCAFE,
    };
}
