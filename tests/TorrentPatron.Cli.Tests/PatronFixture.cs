using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Cli.Tests;

/// <summary>Runs command lines in this process, with the real engine on loopback, in a temporary folder.</summary>
public abstract class PatronFixture : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<PatronRun> _runs = [];

    protected string Folder { get; } = Directory.CreateTempSubdirectory("patron-cli-tests-").FullName;

    /// <summary>The settings of the engines that command lines have created.</summary>
    protected ConcurrentQueue<ClientSettings> Engines { get; } = [];

    /// <summary>The environment variables that command lines see.</summary>
    protected Dictionary<string, string> Variables { get; } = [];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _runs.ForEach(run => run.Dispose());
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string In(params string[] parts) => Path.Combine([Folder, .. parts]);

    protected async Task<PatronRun> RunAsync(params string[] args) => await Begin(args).EndAsync();

    /// <summary>Runs without waiting for the end.</summary>
    protected PatronRun Begin(params string[] args)
    {
        var run = new PatronRun(args, FindEngine, name => Variables.GetValueOrDefault(name), Patience, Token);
        _runs.Add(run);
        return run;
    }

    /// <summary>A file of bytes that are the same in each run.</summary>
    protected static string WriteFile(string path, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Seeds a file from the folder "seed" and returns its .torrent.</summary>
    protected async Task<string> MakeTorrentAsync(int length = 300_000)
    {
        WriteFile(In("seed", "data.bin"), length);
        Assert.Equal(0, (await RunAsync("create", In("seed", "data.bin"), "-o", In("data.torrent"))).ExitCode);
        return In("data.torrent");
    }

    protected async Task<Seeder> SeedAsync(string torrent)
    {
        var service = new TorrentService(new ServiceSettings { StatePath = In("seeder-state") }, new LoopbackEngine(new BuiltInEngine(), []).CreateClient);
        var request = new StartRequest
        {
            Metainfo = MetainfoReader.Read(await File.ReadAllBytesAsync(torrent, Token)),
            Destination = In("seed"),
        };
        Patron patron = service.CreatePatron();
        TorrentAnswer answer = await patron.StartAsync(request, Token);
        Assert.IsType<NewTorrentCreated>(answer);
        TorrentStatus? status = await patron.WaitAsync(answer.TorrentId, now => now.State == TorrentState.Seeding, Token);
        Assert.True(status?.IsComplete);
        return new Seeder(service, service.GetClientStatus()!.ListenEndPoints[0]);
    }

    protected static JsonElement Json(PatronRun run)
    {
        using var document = JsonDocument.Parse(Assert.Single(run.OutputLines));
        return document.RootElement.Clone();
    }

    private protected ITorrentEngine FindEngine(string name) => new LoopbackEngine(EngineCatalog.Installed.Find(name), Engines);

    /// <summary>An engine that is restricted to this machine.</summary>
    private sealed class LoopbackEngine(ITorrentEngine engine, ConcurrentQueue<ClientSettings> made) : ITorrentEngine
    {
        public string Name => engine.Name;

        public ITorrentClient CreateClient(ClientSettings settings)
        {
            made.Enqueue(settings);
            return engine.CreateClient(settings with { BindAddress = IPAddress.Loopback });
        }
    }

    /// <summary>A service that seeds; disposing stops it.</summary>
    protected sealed class Seeder(TorrentService service, IPEndPoint address) : IAsyncDisposable
    {
        public string Address => address.ToString();

        public ValueTask DisposeAsync() => service.DisposeAsync();
    }
}
