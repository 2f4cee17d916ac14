using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>A hybrid and links that name one of its hashes are one torrent.</summary>
public sealed class HybridTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_link_with_the_v2_hash_joins_the_hybrid_that_runs()
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token));

        var joined = Assert.IsType<TorrentAlreadyDownloading>(await patron.StartAsync(V2Link(hybrid, "&tr=http://127.0.0.1:1/announce"), Token));

        Assert.Equal(hybrid.TorrentId, joined.TorrentId);
        Assert.Equal("http://127.0.0.1:1/announce", Assert.Single(joined.Status.Trackers).Uri.OriginalString);
        Assert.Single(patron.Statuses);
        Assert.Single(service.States.Enumerate());
    }

    [Fact]
    public async Task A_hybrid_joins_the_link_with_its_v2_hash_that_waits_for_metadata_and_brings_it_and_then_the_v1_hash_joins_too()
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        var byV2 = new TorrentId(hybrid.TorrentId.V2!.Value);
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(V2Link(hybrid) with { Destination = _temp["files"] }, Token));

        TorrentAnswer joined = await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token);
        TorrentStatus? done = await patron.WaitAsync(byV2, now => now.IsComplete, Token).WaitAsync(Patience, Token);
        TorrentAnswer byV1 = await patron.StartAsync(
            new StartRequest { Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{hybrid.TorrentId.V1}"), Destination = _temp["into"] }, Token);

        Assert.Equal(byV2, Assert.IsType<TorrentAlreadyDownloading>(joined).TorrentId);
        Assert.Equal(byV2, Assert.IsType<TorrentAlreadyDownloading>(byV1).TorrentId);
        Assert.Equal(byV2.ToString(), done!.InfoHash);
        Assert.Single(patron.Statuses);
    }

    [Theory]
    [InlineData("restored")]
    [InlineData("link")]
    [InlineData("torrent")]
    public async Task A_hybrid_that_was_started_by_its_v2_hash_goes_on_after_a_restart_as_the_torrent_that_it_was(string how)
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        var byV2 = new TorrentId(hybrid.TorrentId.V2!.Value);
        await using (TorrentService service = NewService("state"))
        {
            Patron first = service.CreatePatron();
            await first.StartAsync(V2Link(hybrid) with { Destination = _temp["files"] }, Token);
            await first.StartAsync(new StartRequest { Metainfo = hybrid }, Token);
            await first.WaitAsync(byV2, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
        }

        SavedTorrent saved = Assert.Single(new StateFolder(_temp["state"]).Enumerate());
        Assert.Equal(byV2, saved.TorrentId);
        await using TorrentService again = NewService("state");
        Patron patron = again.CreatePatron();
        TorrentAnswer answer = how switch
        {
            "restored" => await patron.RestoreAsync(saved, Token),
            "link" => await patron.StartAsync(V2Link(hybrid) with { Destination = _temp["files"] }, Token),
            _ => await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token),
        };
        TorrentStatus? resumed = await patron.WaitAsync(byV2, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);

        Assert.Equal(byV2, Assert.IsType<NewTorrentCreated>(answer).TorrentId);
        Assert.Equal(0, resumed!.RecheckedPieces);
        Assert.True(patron.GetStatus(byV2)!.IsComplete);
        Assert.Single(again.States.Enumerate());
    }

    [Fact]
    public async Task Two_links_to_one_hybrid_are_found_out_when_the_metadata_of_the_second_is_here()
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        await using TorrentService seeding = NewService("seed-state");
        await seeding.CreatePatron().StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token);
        var seed = new IPEndPoint(IPAddress.Loopback, seeding.GetClientStatus()!.ListenEndPoints[0].Port);
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        var byV1 = new TorrentId(hybrid.TorrentId.V1!.Value);
        var byV2 = new TorrentId(hybrid.TorrentId.V2!.Value);

        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(V2Link(hybrid), Token));
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(
            new StartRequest { Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{byV1}"), Destination = _temp["into"], Peers = [seed] }, Token));
        TorrentStatus? first = await patron.WaitAsync(byV1, now => now.IsComplete, Token).WaitAsync(Patience, Token);
        await patron.AddSourcesAsync(byV2, [seed], [], Token);
        TorrentStatus? second = await patron.WaitAsync(byV2, now => now.State == TorrentState.Failed, Token).WaitAsync(Patience, Token);

        Assert.Null(first!.Error);
        Assert.Equal(TorrentErrorId.TorrentInUse, second!.Error!.Id);
        Assert.Contains(byV1.ToString(), second.Error.Message, StringComparison.Ordinal);
        Assert.True(patron.GetStatus(byV1)!.IsComplete);
    }

    private TorrentService NewService(string state) => new(
        new ServiceSettings { Client = new ClientSettings { BindAddress = IPAddress.Loopback }, StatePath = _temp[state] },
        settings => new TorrentClient(settings));

    private StartRequest V2Link(TorrentMetainfo hybrid, string more = "") => new()
    {
        Source = TorrentSource.Parse($"magnet:?xt=urn:btmh:1220{hybrid.TorrentId.V2}{more}"), Destination = _temp["into"],
    };

    private async Task<TorrentMetainfo> MakeOnDiskAsync()
    {
        byte[] content = new byte[100_000];
        new Random(7).NextBytes(content);
        Directory.CreateDirectory(_temp["files"]);
        await File.WriteAllBytesAsync(_temp["files", "data.bin"], content, Token);
        return MetainfoReader.Read(await TorrentMaker.MakeAsync(
            _temp["files", "data.bin"], new TorrentMakerOptions { Version = MetainfoVersion.Hybrid, PieceLength = 16384 }, null, Token));
    }
}
