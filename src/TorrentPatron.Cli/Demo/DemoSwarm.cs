using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Cli.Demo;

/// <summary>A swarm on loopback: a tracker, a seeder and a downloader, of which the latter two each have a service.</summary>
internal sealed class DemoSwarm : IAsyncDisposable
{
    private readonly CommandContext _context;
    private readonly DemoContent _content;
    private readonly DemoTracker _tracker = new();
    private readonly TorrentService _seeding;
    private readonly TorrentService _downloading;
    private readonly Patron _seeder;
    private readonly Patron _downloader;

    /// <summary>Creates the swarm; only the tracker runs yet.</summary>
    /// <param name="context">The environment of the command.</param>
    /// <param name="content">The content to share.</param>
    public DemoSwarm(CommandContext context, DemoContent content)
    {
        _context = context;
        _content = content;
        var client = new ClientSettings { BindAddress = IPAddress.Loopback };
        _seeding = context.MakeService(client, content.StateFolder("seeder"));
        _downloading = context.MakeService(client, content.StateFolder("downloader"));
        _seeder = _seeding.CreatePatron("seeder");
        _downloader = _downloading.CreatePatron("downloader");
    }

    /// <summary>The patron of the downloader.</summary>
    public Patron Downloader => _downloader;

    /// <summary>Makes a torrent from the content, seeds it, and waits until the tracker knows the seeder.</summary>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The torrent.</returns>
    public async Task<TorrentMetainfo> SeedAsync(CancellationToken cancellationToken)
    {
        var options = new TorrentMakerOptions { TrackerTiers = [[_tracker.Announce.AbsoluteUri]] };
        TorrentMetainfo torrent = MetainfoReader.Read(
            await TorrentMaker.MakeAsync(_content.SeedFile, options, null, cancellationToken).ConfigureAwait(false));
        await StartAsync(_seeder, torrent, _content.SeedFolder, cancellationToken).ConfigureAwait(false);
        await _tracker.Seeded.WaitAsync(cancellationToken).ConfigureAwait(false);
        return torrent;
    }

    /// <summary>Downloads the torrent.</summary>
    /// <param name="torrent">The result of <see cref="SeedAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <returns>The time from the start to the last verified piece.</returns>
    public async Task<TimeSpan> DownloadAsync(TorrentMetainfo torrent, CancellationToken cancellationToken)
    {
        long start = _context.Time.GetTimestamp();
        await StartAsync(_downloader, torrent, _content.DownloadFolder, cancellationToken).ConfigureAwait(false);
        return _context.Time.GetElapsedTime(start);
    }

    /// <summary>Stops everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _downloading.DisposeAsync().ConfigureAwait(false);
        await _seeding.DisposeAsync().ConfigureAwait(false);
        await _tracker.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Starts the torrent and waits until it is complete.</summary>
    private static async Task StartAsync(
        Patron patron, TorrentMetainfo torrent, string folder, CancellationToken cancellationToken)
    {
        TorrentAnswer answer = await patron
            .StartAsync(new StartRequest { Metainfo = torrent, Destination = folder }, cancellationToken).ConfigureAwait(false);
        if (answer is TorrentStartFail fail)
            throw new TorrentException(fail.Error);
        TorrentStatus? status = await patron
            .WaitAsync(torrent.TorrentId, now => now is { IsComplete: true, State: TorrentState.Seeding }, cancellationToken)
            .ConfigureAwait(false);
        if (status is { Error: { } error })
            throw new TorrentException(error);
    }
}
