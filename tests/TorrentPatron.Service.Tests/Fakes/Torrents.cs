using System.Text;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Service.Tests.Fakes;

/// <summary>Small torrents with different info hashes.</summary>
internal static class Torrents
{
    public const int PieceLength = 16384;

    public static byte[] Bytes(string name = "a", int pieces = 3) => Encoding.Latin1.GetBytes(
        $"d4:infod6:lengthi{((long)pieces * PieceLength) - 1}e4:name{name.Length}:{name}12:piece lengthi{PieceLength}e"
        + $"6:pieces{pieces * 20}:{new string('#', pieces * 20)}ee");

    public static TorrentMetainfo Make(string name = "a", int pieces = 3) => MetainfoReader.Read(Bytes(name, pieces));

    public static StartRequest Start(string name = "a") => new() { Metainfo = Make(name), Destination = Path.GetTempPath() };

    public static TorrentId Hash(string name = "a") => Make(name).TorrentId;
}
