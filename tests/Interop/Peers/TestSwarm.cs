using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>
/// Content, its torrent and, unless the peers are given each other's addresses, a tracker: shared by the peers of a test.
/// </summary>
internal sealed class TestSwarm : IAsyncDisposable
{
    private TestSwarm(Workspace workspace, string content, string torrent, OpenTracker? tracker) =>
        (Workspace, Content, Torrent, Tracker) = (workspace, content, torrent, tracker);

    public Workspace Workspace { get; }

    /// <summary>Path of the file or folder that the torrent is of, in <see cref="SeedFolder"/>.</summary>
    public string Content { get; }

    /// <summary>Path of the .torrent file.</summary>
    public string Torrent { get; }

    public OpenTracker? Tracker { get; }

    public string SeedFolder => Workspace["seed"];

    public string DownloadFolder => Workspace["download"];

    /// <summary>Creates the content, the torrent and a tracker if needed.</summary>
    /// <param name="tool">The tool that makes the torrent.</param>
    /// <param name="discovery">How the peers find each other.</param>
    /// <param name="write">Writes the content below a folder and returns its path.</param>
    public static async Task<TestSwarm> MakeAsync(TorrentTool tool, PeerDiscovery discovery, Func<string, string> write)
    {
        var workspace = new Workspace();
        try
        {
            string content = write(workspace["seed"]);
            string torrent = workspace.File("a.torrent");
            if (discovery == PeerDiscovery.DirectPeer)
            {
                await TorrentTools.MakeAsync(tool, content, torrent);
                return new TestSwarm(workspace, content, torrent, tracker: null);
            }

            Uri announce = OpenTracker.Reserve(discovery);
            await TorrentTools.MakeAsync(tool, content, torrent, announce);
            OpenTracker tracker = await OpenTracker.StartAsync(announce, OurPeer.Read(torrent).InfoHash, workspace);
            return new TestSwarm(workspace, content, torrent, tracker);
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    /// <summary>Creates everything for peers that are given each other's addresses.</summary>
    /// <param name="make">Makes the torrent of a file or folder at a path.</param>
    /// <param name="write">Writes the content below a folder and returns its path.</param>
    public static async Task<TestSwarm> MakeAsync(Func<string, string, Task> make, Func<string, string> write)
    {
        var workspace = new Workspace();
        try
        {
            string content = write(workspace["seed"]);
            string torrent = workspace.File("a.torrent");
            await make(content, torrent);
            return new TestSwarm(workspace, content, torrent, tracker: null);
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    /// <summary>Fails unless every file of the torrent, and no other, is in a folder with the bytes it should have.</summary>
    /// <param name="emptyFiles">Whether empty files must exist.</param>
    /// <param name="folder">The folder; null: the download folder.</param>
    public void AssertDownloaded(bool emptyFiles = true, string? folder = null)
    {
        // The torrent's own list, because not every tool includes empty files.
        IEnumerable<string> files = OurPeer.Read(Torrent).Files
            .Where(file => !file.IsPadding && (emptyFiles || file.Length > 0)).Select(file => file.Path);
        Payload.AssertSame([.. files.Order(StringComparer.Ordinal)], SeedFolder, folder ?? DownloadFolder);
    }

    public async ValueTask DisposeAsync()
    {
        if (Tracker is not null)
            await Tracker.DisposeAsync();
        Workspace.Dispose();
    }
}
