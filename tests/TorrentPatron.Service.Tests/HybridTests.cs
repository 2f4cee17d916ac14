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
    public async Task A_link_with_the_v2_hash_joins_the_running_hybrid()
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
    public async Task A_hybrid_provides_the_metadata_of_the_waiting_link_with_its_v2_hash_and_the_v1_hash_joins_too()
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
    public async Task A_hybrid_started_by_its_v2_hash_keeps_its_id_after_a_restart(string how)
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

    [Theory]
    [InlineData("btih", false)]
    [InlineData("btmh", false)]
    [InlineData("btmh", true)]
    public async Task A_link_with_one_hash_continues_the_hybrid_that_an_earlier_run_saved_by_the_other(string hash, bool isSuspended)
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        StartRequest byV1 = V1Link(hybrid), byV2 = V2Link(hybrid);
        TorrentId id = hash == "btmh" ? hybrid.TorrentId : new TorrentId(hybrid.TorrentId.V2!.Value);
        await using (TorrentService service = NewService("state"))
        {
            Patron first = service.CreatePatron();
            await first.StartAsync((hash == "btmh" ? byV1 : byV2) with { Destination = _temp["files"] }, Token);
            await first.StartAsync(new StartRequest { Metainfo = hybrid }, Token);
            await first.WaitAsync(id, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
            await first.SetAsync(id, new TorrentOptions { Tags = ["kept"] }, Token);
            if (isSuspended)
                await first.SuspendAsync(id, Token);
        }

        await using TorrentService again = NewService("state");
        Patron patron = again.CreatePatron();
        TorrentAnswer answer = await patron.StartAsync((hash == "btmh" ? byV2 : byV1) with { Destination = _temp["files"] }, Token);
        TorrentStatus? resumed = await patron.WaitAsync(id, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);

        Assert.Equal(id, Assert.IsType<NewTorrentCreated>(answer).TorrentId);
        Assert.True(resumed!.IsComplete);
        Assert.Equal(0, resumed.RecheckedPieces);
        Assert.Equal("kept", Assert.Single(resumed.Tags));
        Assert.Equal(id, Assert.Single(again.States.Enumerate()).TorrentId);
    }

    [Fact]
    public async Task A_link_with_the_v2_hash_continues_the_saved_link_with_both_hashes_that_waits_for_metadata()
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        await using (TorrentService service = NewService("state"))
        {
            Assert.IsType<NewTorrentCreated>(await service.CreatePatron().StartAsync(
                V2Link(hybrid, $"&xt=urn:btih:{hybrid.TorrentId.V1}&tr=http://127.0.0.1:1/announce"), Token));
        }

        await using TorrentService again = NewService("state");
        Patron patron = again.CreatePatron();
        var started = Assert.IsType<NewTorrentCreated>(await patron.StartAsync(V2Link(hybrid), Token));

        Assert.Equal(hybrid.TorrentId, started.TorrentId);
        Assert.Equal("http://127.0.0.1:1/announce", Assert.Single(started.Status.Trackers).Uri.OriginalString);
        Assert.Single(again.States.Enumerate());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_running_hybrid_is_found_and_changed_by_either_hash(bool isStartedByV2)
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        var byV2 = new TorrentId(hybrid.TorrentId.V2!.Value);
        TorrentId[] hashes = [new(hybrid.TorrentId.V1!.Value), byV2, hybrid.TorrentId];
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        if (isStartedByV2)
            await patron.StartAsync(V2Link(hybrid) with { Destination = _temp["files"] }, Token);
        await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token);

        foreach (TorrentId hash in hashes)
        {
            Assert.True((await patron.WaitAsync(hash, now => now.IsComplete, Token).WaitAsync(Patience, Token))!.IsComplete);
            Assert.Same(patron.GetMetainfo(byV2), patron.GetMetainfo(hash));
            Assert.Equal("data.bin", Assert.Single(patron.GetFiles(hash)).Path);
            TorrentStatus status = patron.GetOwnStatus(hash)!;
            Assert.Equal((isStartedByV2 ? byV2 : hashes[0]).ToString(), status.InfoHash);
            Assert.Equal((isStartedByV2 ? hashes[0] : byV2).ToString(), status.OtherInfoHash);
            Assert.True(status.HasInfoHash(hash.ToString()[..6].ToUpperInvariant()));
            Assert.False(status.HasInfoHash("nothing"));
            Assert.IsType<CommandDone>(await patron.SuspendAsync(hash, Token));
            Assert.Equal(TorrentState.Suspended, patron.GetStatus(hash)!.State);
            Assert.IsType<CommandDone>(await patron.ResumeAsync(hash, Token));
        }

        TorrentStatus saved = service.States.Find(byV2)!.ReadStatus();
        Assert.Equal(patron.GetStatus(byV2)!.InfoHash, saved.InfoHash);
        Assert.Equal(patron.GetStatus(byV2)!.OtherInfoHash, saved.OtherInfoHash);
    }

    [Fact]
    public async Task A_note_of_a_hybrid_that_is_not_saved_or_is_another_torrent_is_ignored()
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token);
        await patron.WaitAsync(hybrid.TorrentId, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
        await patron.CloseAsync(hybrid.TorrentId, Token);
        string different = new('a', 64), unsaved = new('b', 64), damaged = new('c', 64);
        await File.WriteAllTextAsync(_temp["state", "hybrids", different], hybrid.TorrentId.ToString(), Token);
        await File.WriteAllTextAsync(_temp["state", "hybrids", unsaved], new string('d', 40), Token);
        await File.WriteAllTextAsync(_temp["state", "hybrids", damaged], "../", Token);

        foreach (string hash in (string[])[different, unsaved, damaged])
        {
            var link = new StartRequest { Source = TorrentSource.Parse($"magnet:?xt=urn:btmh:1220{hash}"), Destination = _temp["into"] };
            Assert.Equal(hash, Assert.IsType<NewTorrentCreated>(await patron.StartAsync(link, Token)).TorrentId.ToString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_saved_hybrid_is_found_and_removed_by_either_hash_and_leaves_nothing(bool isStartedByV2)
    {
        TorrentMetainfo hybrid = await MakeOnDiskAsync();
        var byV2 = new TorrentId(hybrid.TorrentId.V2!.Value);
        await using TorrentService service = NewService("state");
        Patron patron = service.CreatePatron();
        foreach (TorrentId hash in (TorrentId[])[hybrid.TorrentId, byV2])
        {
            if (isStartedByV2)
                await patron.StartAsync(V2Link(hybrid) with { Destination = _temp["files"] }, Token);
            await patron.StartAsync(new StartRequest { Metainfo = hybrid, Destination = _temp["files"] }, Token);
            TorrentId id = isStartedByV2 ? byV2 : hybrid.TorrentId;
            await patron.WaitAsync(id, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
            Assert.IsType<TorrentClosed>(await patron.CloseAsync(hash, Token));

            Assert.Equal(id, service.States.Find(hash)!.TorrentId);
            Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(hash, deleteData: false, Token));

            Assert.Null(service.States.Find(hybrid.TorrentId));
            Assert.Null(service.States.Find(byV2));
            Assert.Empty(Directory.EnumerateFiles(_temp["state", "hybrids"]));
            Assert.Empty(service.States.List());
        }
    }

    [Fact]
    public async Task Two_links_to_one_hybrid_are_detected_when_the_metadata_of_the_second_arrives()
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

    private StartRequest V1Link(TorrentMetainfo hybrid) => new()
    {
        Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{hybrid.TorrentId.V1}"), Destination = _temp["into"],
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
