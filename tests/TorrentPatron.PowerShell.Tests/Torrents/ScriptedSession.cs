using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Tests.Torrents;

/// <summary>A session with scripted engines and a temporary state folder.</summary>
internal sealed class ScriptedSession : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("torrentpatron-").FullName;

    public ScriptedSession() => Patrons = new SessionPatrons(settings => new TorrentService(
        settings with { StatePath = Path.Combine(_folder, Guid.NewGuid().ToString("N")) },
        _ =>
        {
            var client = new ScriptedClient { Refusal = Refusal, Warning = Warning };
            Clients.Add(client);
            return client;
        }));

    public SessionPatrons Patrons { get; }

    public List<ScriptedClient> Clients { get; } = [];

    public TorrentError? Refusal { get; init; }

    public TorrentError? Warning { get; init; }

    public RecordedOutput Output { get; init; } = new();

    public async Task<TorrentTarget> StartAsync(string name, Patron? patron = null)
    {
        TorrentTarget? started = await new TorrentStarter(Output).StartAsync(
            patron ?? Patrons.Default(), Request(name), name, TestContext.Current.CancellationToken);
        return Assert.IsType<TorrentTarget>(started);
    }

    public StartRequest Request(string name) => new()
    {
        Metainfo = MetainfoReader.Read(new TorrentBuilder
        {
            Name = name,
            Files = [new TorrentBuilderFile(null, 1000)],
            PieceLength = 16384,
            PieceHashes = new byte[20],
        }.Build()),
        Destination = _folder,
    };

    public async ValueTask DisposeAsync()
    {
        await Patrons.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
