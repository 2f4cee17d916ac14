using System.Globalization;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Tests.Metainfo;

namespace TorrentPatron.Interop.Tests;

/// <summary>Malformed torrents are read or refused as by libtorrent; the table explains each difference.</summary>
public sealed class MalformedTorrentTests
{
    [Fact]
    public async Task Malformed_torrents_are_accepted_or_refused_as_by_libtorrent()
    {
        string python = Tool.RequireLibtorrent();
        using var workspace = new Workspace();
        string folder = Directory.CreateDirectory(workspace["torrents"]).FullName;
        for (int i = 0; i < MalformedTorrent.All.Count; i++)
            await File.WriteAllBytesAsync(Path.Combine(folder, Number(i)), MalformedTorrent.All[i].Bytes, TestContext.Current.CancellationToken);

        string output = await ToolProcess.RunAsync(python, Tool.Script("libtorrent_read.py"), folder);
        Dictionary<string, string> theirs = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
        var differences = new List<string>();
        for (int i = 0; i < MalformedTorrent.All.Count; i++)
        {
            MalformedTorrent torrent = MalformedTorrent.All[i];
            string their = theirs[Number(i)];
            bool isRead = !their.StartsWith("refused:", StringComparison.Ordinal);
            string our = torrent.Fault is null ? MetainfoReader.Read(torrent.Bytes).InfoHash.ToString() : "refused";
            bool isSame = isRead ? our == their : our == "refused";
            if (isSame == (torrent.Elsewhere is not null))
                differences.Add($"{torrent.Name}: we say {our}, libtorrent {their}");
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    private static string Number(int i) => i.ToString("000", CultureInfo.InvariantCulture);
}
