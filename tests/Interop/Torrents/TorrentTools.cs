using System.Globalization;
using System.Numerics;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>Makes .torrent files with the tools of several clients.</summary>
internal static class TorrentTools
{
    /// <summary>An address without a tracker, for tools that require one.</summary>
    private static readonly Uri NoTracker = new("http://127.0.0.1:9/announce");

    /// <summary>Creates a .torrent.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="content">Path of the file or folder.</param>
    /// <param name="torrent">Path of the .torrent.</param>
    /// <param name="announce">Its tracker; null means none.</param>
    /// <param name="isPrivate">Whether the torrent is private; only our tool supports it here.</param>
    public static async Task MakeAsync(TorrentTool tool, string content, string torrent, Uri? announce = null, bool isPrivate = false)
    {
        string[] tracker = announce is null ? [] : [announce.AbsoluteUri];
        switch (tool)
        {
            case TorrentTool.Ours:
                byte[] bytes = await TorrentMaker.MakeAsync(
                    content,
                    new TorrentMakerOptions
                    {
                        PieceLength = Payload.PieceLength,
                        TrackerTiers = announce is null ? [] : [tracker],
                        IsPrivate = isPrivate,
                    },
                    progress: null,
                    TestContext.Current.CancellationToken);
                await File.WriteAllBytesAsync(torrent, bytes, TestContext.Current.CancellationToken);
                break;
            case TorrentTool.Mktorrent:
                await ToolProcess.RunAsync(
                    Tool.Require("mktorrent"),
                    "-l", Text(BitOperations.Log2(Payload.PieceLength)), "-a", (announce ?? NoTracker).AbsoluteUri, "-o", torrent, content);
                break;
            case TorrentTool.Transmission:
                await ToolProcess.RunAsync(
                    Tool.Require("transmission-create"),
                    ["-s", Text(Payload.PieceLength / 1024), .. tracker.SelectMany(t => new[] { "-t", t }), "-o", torrent, content]);
                break;
            default:
                await ToolProcess.RunAsync(
                    Tool.RequireLibtorrent(),
                    [Tool.Script("libtorrent_make.py"), content, torrent, Text(Payload.PieceLength), .. tracker]);
                break;
        }
    }

    /// <summary>Creates a .torrent of the given version with libtorrent.</summary>
    /// <param name="version">The version.</param>
    /// <param name="content">Path of the file or folder.</param>
    /// <param name="torrent">Path of the .torrent.</param>
    /// <param name="more">More options of libtorrent_make.py.</param>
    public static Task MakeByLibtorrentAsync(MetainfoVersion version, string content, string torrent, params string[] more)
    {
        string[] option = version switch
        {
            MetainfoVersion.V2 => ["--v2"],
            MetainfoVersion.Hybrid => ["--hybrid"],
            _ => [],
        };
        return ToolProcess.RunAsync(
            Tool.RequireLibtorrent(), [Tool.Script("libtorrent_make.py"), .. option, .. more, content, torrent, Text(Payload.PieceLength)]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
