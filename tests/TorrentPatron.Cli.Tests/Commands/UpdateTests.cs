using System.Text.Json;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Cli.Tests.Commands;

/// <summary><c>patron update</c>.</summary>
public sealed class UpdateTests : PatronFixture, IAsyncDisposable
{
    private readonly RawHttpServer _site = RawHttpServer.Start();

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        Dispose();
    }

    [Fact]
    public async Task A_newer_torrent_is_shown_and_written_where_output_says()
    {
        TorrentMetainfo older = await MakeAsync("older", "/feed?key=s3cr3t"), newer = await MakeAsync("newer");
        Offer(older, "/feed?key=s3cr3t", newer);

        PatronRun shown = await RunAsync("update", In("older.torrent"), "--state", In("state"));
        JsonElement json = Json(await RunAsync("update", In("older.torrent"), "--state", In("state"), "--json"));
        PatronRun written = await RunAsync("update", In("older.torrent"), "-o", In("there.torrent"), "--state", In("state"));
        PatronRun again = await RunAsync("update", In("older.torrent"), "-o", In("there.torrent"), "--state", In("state"));
        PatronRun forced = await RunAsync("update", In("older.torrent"), "-o", In("there.torrent"), "--state", In("state"), "--force");

        Assert.Equal(0, shown.ExitCode);
        string line = $"older: newer version newer, info hash {newer.TorrentId}, not verified: the older version names no certificate";
        Assert.Equal(line, Assert.Single(shown.OutputLines));
        Assert.True(json.GetProperty("isAvailable").GetBoolean());
        Assert.Equal("older", json.GetProperty("name").GetString());
        Assert.Equal(older.TorrentId.ToString(), json.GetProperty("infoHash").GetString());
        Assert.Equal(newer.TorrentId.ToString(), json.GetProperty("newInfoHash").GetString());
        Assert.Equal("NoOriginator", json.GetProperty("signature").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("path").ValueKind);
        Assert.Equal([line, $"Written: {In("there.torrent")}"], written.OutputLines);
        Assert.Equal(newer.Raw.ToArray(), await File.ReadAllBytesAsync(In("there.torrent"), Token));
        Assert.Equal(1, again.ExitCode);
        Assert.StartsWith($"patron: '{In("there.torrent")}' already exists.", Assert.Single(again.ErrorLines));
        Assert.Equal(0, forced.ExitCode);
        Assert.All(_site.Asked, asked => Assert.Equal($"/feed?key=s3cr3t&info_hash={older.TorrentId}", asked));
    }

    [Fact]
    public async Task Several_torrents_are_asked_about_in_turn_and_an_error_does_not_end_that()
    {
        TorrentMetainfo older = await MakeAsync("older", "/older"), newer = await MakeAsync("newer");
        Offer(older, "/older", newer);
        await MakeAsync("current", "/current");
        await MakeAsync("plain");
        TorrentMetainfo broken = await MakeAsync("broken", "/broken");
        _site.Answer($"/broken?info_hash={broken.TorrentId}", RawHttpServer.Ok("<html>"u8.ToArray()));
        Directory.CreateDirectory(In("new"));

        PatronRun run = await RunAsync(
            "update", In("broken.torrent"), In("current.torrent"), In("plain.torrent"), In("older.torrent"), "--state", In("state"), "-o", In("new"));
        PatronRun oneFile = await RunAsync("update", In("current.torrent"), In("older.torrent"), "--state", In("state"), "-o", In("one.torrent"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("current: no newer version", run.OutputLines[0]);
        Assert.Equal("plain: no update address", run.OutputLines[1]);
        Assert.StartsWith("older: newer version newer", run.OutputLines[2]);
        Assert.Equal($"Written: {In("new", "newer.torrent")}", run.OutputLines[3]);
        Assert.StartsWith("patron: The update address gives no torrent.", Assert.Single(run.ErrorLines));
        Assert.Equal(1, oneFile.ExitCode);
        Assert.StartsWith($"patron: --output: '{In("one.torrent")}' is not a folder", Assert.Single(oneFile.ErrorLines));
    }

    [Fact]
    public async Task A_saved_torrent_is_named_by_its_name_or_its_info_hash()
    {
        TorrentMetainfo older = await MakeAsync("older", "/feed");
        Offer(older, "/feed", await MakeAsync("newer"));
        using (ResumeStore store = new StateFolder(In("state")).Open(older))
            store.Checkpoint(new ResumeData { Destination = Folder, Verified = new Bitfield(older.PieceCount) });

        foreach (string text in (string[])["OLDER", older.TorrentId.ToString()[..8]])
            Assert.StartsWith("older: newer version newer", Assert.Single((await RunAsync("update", text, "--state", In("state"))).OutputLines));
        PatronRun unknown = await RunAsync("update", "nobody", "--state", In("state"), "--json");

        Assert.Equal(1, unknown.ExitCode);
        Assert.Equal("TorrentNotFound", Json(unknown).GetProperty("error").GetProperty("id").GetString());
        Assert.Equal("nobody", Json(unknown).GetProperty("torrent").GetString());
    }

    [Fact]
    public async Task The_query_follows_the_filter()
    {
        TorrentMetainfo older = await MakeAsync("older", "/feed");
        Offer(older, "/feed", await MakeAsync("newer"));

        PatronRun run = await RunAsync("update", In("older.torrent"), "--state", In("state"), "--allow-only", "192.0.2.1");

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(_site.Asked);
    }

    private void Offer(TorrentMetainfo older, string path, TorrentMetainfo newer) => _site.Answer(
        $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}info_hash={older.TorrentId}", RawHttpServer.Ok(newer.Raw.ToArray()));

    /// <summary>Makes a .torrent with the path of an update address on the site, or without one.</summary>
    private async Task<TorrentMetainfo> MakeAsync(string name, string? update = null)
    {
        WriteFile(In(name), 20_000 + name.Length);
        string[] options = update is null ? [] : ["--update-url", _site[update].AbsoluteUri];
        Assert.Equal(0, (await RunAsync(["create", In(name), "-o", In(name + ".torrent"), .. options])).ExitCode);
        return MetainfoReader.Read(await File.ReadAllBytesAsync(In(name + ".torrent"), Token));
    }
}
