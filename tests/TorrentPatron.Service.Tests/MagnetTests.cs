using System.Net;
using System.Security.Cryptography;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>Magnet links through the service and its built-in engine, over the loopback interface.</summary>
public sealed class MagnetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_downloaded_link_is_complete_when_started_again_without_asking_peers()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        string link;
        await using (TorrentService seeding = NewService(temp["seed-state"]))
        {
            link = await SeedAsync(seeding, metainfo, temp);
            await using TorrentService service = NewService(temp["state"]);
            Patron patron = service.CreatePatron();
            TorrentAnswer answer = await patron.StartAsync(Request(link, temp), Token);
            Assert.IsType<NewTorrentCreated>(answer);
            TorrentStatus? status = await patron.WaitAsync(metainfo.TorrentId, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
            Assert.Equal(TorrentState.Seeding, status!.State);
        }

        Assert.Equal(File.ReadAllBytes(temp["files", "data.bin"]), File.ReadAllBytes(temp["into", "data.bin"]));
        SavedTorrent saved = Assert.Single(new StateFolder(temp["state"]).Enumerate());
        Assert.Null(saved.Magnet);
        Assert.Equal(metainfo.RawInfo.ToArray(), MetainfoReader.Read(File.ReadAllBytes(saved.MetainfoPath)).RawInfo.ToArray());
        Assert.False(File.Exists(temp["state", metainfo.InfoHash.ToString(), "magnet"]));

        await using TorrentService again = NewService(temp["state"]);
        Patron second = again.CreatePatron();
        await second.StartAsync(new StartRequest { Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{metainfo.InfoHash}"), Destination = temp["into"] }, Token);
        TorrentStatus? resumed = await second.WaitAsync(metainfo.TorrentId, now => now.IsComplete, Token).WaitAsync(Patience, Token);
        Assert.Equal(0, resumed!.RecheckedPieces);
    }

    [Fact]
    public async Task A_link_without_metadata_is_saved_and_restored()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        var request = new StartRequest
        {
            Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{metainfo.InfoHash}&dn=a+name&tr=http://127.0.0.1:1/announce&so=0"),
            Destination = temp["into"],
            Options = new TorrentOptions { Tags = ["kept"] },
        };
        await using (TorrentService service = NewService(temp["state"]))
            Assert.IsType<NewTorrentCreated>(await service.CreatePatron().StartAsync(request, Token));

        SavedTorrent saved = Assert.Single(new StateFolder(temp["state"]).Enumerate());
        Assert.Equal("a name", saved.Magnet!.Name);
        Assert.Equal(temp["into"], saved.Destination);
        await using TorrentService seeding = NewService(temp["seed-state"]);
        string link = await SeedAsync(seeding, metainfo, temp);
        await using TorrentService again = NewService(temp["state"]);
        Patron patron = again.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.RestoreAsync(saved, Token));
        TorrentStatus restored = patron.GetStatus(metainfo.TorrentId)!;
        Assert.IsType<CommandDone>(
            await patron.AddSourcesAsync(metainfo.TorrentId, [MagnetLink.Parse(link).Peers[0].EndPoint!], [], Token));
        TorrentStatus? done = await patron.WaitAsync(metainfo.TorrentId, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);

        Assert.Equal(TorrentState.FetchingMetadata, restored.State);
        Assert.Equal("a name", restored.Name);
        Assert.Equal("http://127.0.0.1:1/announce", Assert.Single(restored.Trackers).Uri.OriginalString);
        Assert.Equal(["kept"], done!.Tags);
    }

    [Fact]
    public async Task Fetching_metadata_leaves_nothing_behind()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        await using TorrentService seeding = NewService(temp["seed-state"]);
        string link = await SeedAsync(seeding, metainfo, temp);
        await using TorrentService service = NewService(temp["state"]);
        Patron patron = service.CreatePatron();

        TorrentMetainfo fetched = await patron.FetchMetadataAsync(Request(link, temp), Token).WaitAsync(Patience, Token);

        Assert.Equal(metainfo.RawInfo.ToArray(), fetched.RawInfo.ToArray());
        Assert.Empty(patron.Statuses);
        Assert.Empty(service.States.Enumerate());
        Assert.False(Directory.Exists(temp["into"]));
    }

    [Fact]
    public async Task Metadata_that_no_peer_has_fails_at_the_timeout()
    {
        using var temp = new TempFolder();
        await using TorrentService service = NewService(temp["state"]);
        Patron patron = service.CreatePatron();

        var fault = await Assert.ThrowsAsync<TorrentException>(() => patron.FetchMetadataAsync(new StartRequest
        {
            Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{new string('0', 40)}"),
            MetadataTimeout = TimeSpan.FromSeconds(1),
        }, Token)).WaitAsync(Patience, Token);

        Assert.Equal(TorrentErrorId.MetadataTimeout, fault.Error.Id);
        Assert.Contains("No peer is known yet.", fault.Error.Message, StringComparison.Ordinal);
        Assert.Empty(patron.Statuses);
        Assert.Empty(service.States.Enumerate());
    }

    [Fact]
    public async Task Fetching_the_metadata_of_a_running_torrent_leaves_it_running()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        await using TorrentService service = NewService(temp["state"]);
        string link = await SeedAsync(service, metainfo, temp);
        Patron patron = service.CreatePatron();

        TorrentMetainfo told = await patron.FetchMetadataAsync(Request(link, temp), Token).WaitAsync(Patience, Token);

        Assert.Equal(metainfo.InfoHash, told.InfoHash);
        Assert.Equal(TorrentState.Seeding, Assert.Single(patron.Statuses).State);
    }

    [Theory]
    [InlineData(true, TorrentErrorId.TorrentNotActive)]
    [InlineData(false, TorrentErrorId.MetadataTimeout)]
    public async Task Fetching_the_metadata_of_a_waiting_or_suspended_link_fails_at_the_timeout_and_keeps_the_link(bool suspended, string error)
    {
        using var temp = new TempFolder();
        await using TorrentService service = NewService(temp["state"]);
        Patron patron = service.CreatePatron();
        StartRequest request = Request($"magnet:?xt=urn:btih:{new string('0', 40)}", temp);
        await patron.StartAsync(request with { Suspended = suspended }, Token);

        var fault = await Assert.ThrowsAsync<TorrentException>(() => patron.FetchMetadataAsync(
            request with { MetadataTimeout = TimeSpan.FromSeconds(1) }, Token)).WaitAsync(Patience, Token);

        Assert.Equal(error, fault.Error.Id);
        Assert.Equal(
            suspended ? TorrentState.Suspended : TorrentState.FetchingMetadata, Assert.Single(patron.Statuses).State);
    }

    [Fact]
    public async Task A_torrent_file_joins_its_waiting_link_and_provides_the_metadata()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        await using TorrentService service = NewService(temp["state"]);
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Request($"magnet:?xt=urn:btih:{metainfo.InfoHash}", temp) with { Destination = temp["files"] }, Token);

        TorrentAnswer answer = await patron.StartAsync(new StartRequest { Metainfo = metainfo, Destination = temp["files"] }, Token);
        TorrentStatus? done = await patron.WaitAsync(metainfo.TorrentId, now => now.IsComplete, Token).WaitAsync(Patience, Token);

        Assert.IsType<TorrentAlreadyDownloading>(answer);
        Assert.Equal("data.bin", done!.Name);
    }

    [Fact]
    public async Task A_link_joins_its_running_torrent_and_adds_trackers_and_peers_except_well_known_ports()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        await using TorrentService service = NewService(temp["state"]);
        await SeedAsync(service, metainfo, temp);
        Patron patron = service.CreatePatron();

        TorrentAnswer answer = await patron.StartAsync(
            Request($"magnet:?xt=urn:btih:{metainfo.InfoHash}&tr=http://127.0.0.1:1/announce&x.pe=127.0.0.1:2000&x.pe=127.0.0.1:22", temp), Token);

        var joined = Assert.IsType<TorrentAlreadyDownloading>(answer);
        Assert.Equal("http://127.0.0.1:1/announce", Assert.Single(joined.Status.Trackers).Uri.OriginalString);
        Assert.Equal(1, joined.Status.KnownPeers);
    }

    [Fact]
    public async Task An_engine_without_magnet_links_refuses_them()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        TorrentAnswer answer = await patron.StartAsync(
            new StartRequest { Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{new string('1', 40)}"), Destination = Path.GetTempPath() }, Token);

        Assert.Equal(TorrentErrorId.NotSupported, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.Empty(test.Service.States.Enumerate());
    }

    private static TorrentService NewService(string state) => new(
        new ServiceSettings { Client = new ClientSettings { BindAddress = IPAddress.Loopback }, StatePath = state },
        settings => new TorrentClient(settings));

    private static StartRequest Request(string link, TempFolder temp) =>
        new() { Source = TorrentSource.Parse(link), Destination = temp["into"] };

    /// <summary>Seeds the data on disk.</summary>
    /// <returns>A link to it, with the seed as its only peer.</returns>
    private static async Task<string> SeedAsync(TorrentService service, TorrentMetainfo metainfo, TempFolder temp)
    {
        Patron patron = service.CreatePatron();
        await patron.StartAsync(new StartRequest { Metainfo = metainfo, Destination = temp["files"] }, Token);
        await patron.WaitAsync(metainfo.TorrentId, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
        int port = service.GetClientStatus()!.ListenEndPoints[0].Port;
        return (MagnetLink.Of(metainfo) with { Peers = [new HostEndPoint("127.0.0.1", port)] }).ToString();
    }

    private static TorrentMetainfo MakeOnDisk(TempFolder temp)
    {
        byte[] content = new byte[100_000];
        new Random(7).NextBytes(content);
        Directory.CreateDirectory(temp["files"]);
        File.WriteAllBytes(temp["files", "data.bin"], content);
        return MetainfoReader.Read(new TorrentBuilder
        {
            Name = "data.bin",
            Files = [new TorrentBuilderFile(null, content.Length)],
            PieceLength = 16384,
            PieceHashes = content.Chunk(16384).SelectMany(SHA1.HashData).ToArray(),
        }.Build());
    }
}
