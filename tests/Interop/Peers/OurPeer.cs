using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>Our service on loopback, with one patron and the built-in engine.</summary>
internal sealed class OurPeer : IAsyncDisposable
{
    private readonly TorrentService _service;
    private readonly Patron _patron;

    /// <summary>Creates a peer.</summary>
    /// <param name="workspace">The folder for its saved state.</param>
    /// <param name="address">The loopback address it uses; null: the IPv4 one.</param>
    /// <param name="discovery">How it finds others; null: by trackers and peer exchange.</param>
    /// <param name="name">Distinguishes the peers of one workspace.</param>
    /// <param name="encryption">Whether it encrypts.</param>
    /// <param name="transport">The transport protocols that it uses.</param>
    /// <param name="suggestPieces">Whether it suggests pieces.</param>
    /// <param name="proxy">The proxy by which its connections leave; null means none.</param>
    public OurPeer(
        Workspace workspace, IPAddress? address = null, TrackerlessDiscovery? discovery = null, string name = "our state",
        EncryptionPolicy encryption = EncryptionPolicy.Prefer, TransportPolicy transport = TransportPolicy.Any,
        bool suggestPieces = false, ProxySettings? proxy = null)
    {
        var client = new ClientSettings
        {
            BindAddress = address ?? IPAddress.Loopback,
            StatusInterval = TimeSpan.FromMilliseconds(250),
            Dht = discovery?.DhtNode is { } node ? new DhtSettings { IsEnabled = true, BootstrapNodes = [node.ToString()] } : new DhtSettings(),
            Encryption = encryption,
            Transport = transport,
            SuggestPieces = suggestPieces,
            Proxy = proxy,
            LocalDiscovery = discovery?.LocalDiscovery == true,
        };
        _service = new TorrentService(
            new ServiceSettings { Client = client, StatePath = workspace[name] }, settings => new TorrentClient(settings));
        _patron = _service.CreatePatron();
    }

    /// <summary>The end point that it listens on for peers, once a torrent has been started.</summary>
    public IPEndPoint EndPoint => Assert.Single(_service.GetClientStatus()!.ListenEndPoints);

    /// <summary>Starts a torrent; fails the test if that fails.</summary>
    /// <param name="torrent">Path of the .torrent file.</param>
    /// <param name="folder">The folder in which the torrent's file or folder is, or will be.</param>
    /// <param name="peer">The peer to connect to.</param>
    public Task<TorrentId> StartAsync(string torrent, string folder, IPEndPoint? peer = null) => StartAsync(
        torrent, new StartRequest { Destination = folder, Peers = peer is null ? [] : [peer] });

    /// <summary>Starts a torrent; fails the test if that fails.</summary>
    /// <param name="torrent">Path of the .torrent file.</param>
    /// <param name="request">All other settings of the start.</param>
    public Task<TorrentId> StartAsync(string torrent, StartRequest request) => StartAsync(request with { Metainfo = Read(torrent) });

    /// <summary>Starts a torrent by a magnet link; fails the test if that fails.</summary>
    /// <param name="link">The link.</param>
    /// <param name="folder">The folder in which the torrent's file or folder will be.</param>
    public Task<TorrentId> StartAsync(MagnetLink link, string folder) =>
        StartAsync(new StartRequest { Source = TorrentSource.Parse(link.ToString()), Destination = folder });

    private async Task<TorrentId> StartAsync(StartRequest request)
    {
        TorrentAnswer answer = await _patron.StartAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer is NewTorrentCreated, answer.ToString());
        return answer.TorrentId;
    }

    /// <summary>Stops a torrent.</summary>
    public async Task<TorrentStatus> CloseAsync(TorrentId torrent)
    {
        TorrentAnswer answer = await _patron.CloseAsync(torrent, TestContext.Current.CancellationToken);
        return Assert.IsType<TorrentClosed>(answer).Status;
    }

    /// <summary>Rechecks the data on disk and waits for the result.</summary>
    public async Task<TorrentChecked> RecheckAsync(TorrentId torrent) =>
        Assert.IsType<TorrentChecked>(await _patron.RecheckAsync(torrent, TestContext.Current.CancellationToken));

    /// <summary>Moves a torrent's files to another folder and waits until that is done.</summary>
    public async Task<TorrentStatus> MoveAsync(TorrentId torrent, string folder)
    {
        TorrentAnswer answer = await _patron.MoveAsync(torrent, folder, TestContext.Current.CancellationToken);
        Assert.True(answer is CommandDone, answer.ToString());
        return ((CommandDone)answer).Status;
    }

    /// <summary>Changes the choice of files.</summary>
    public async Task SetFilePrioritiesAsync(TorrentId torrent, params FilePriority[] priorities)
    {
        TorrentAnswer answer = await _patron.SetFilePrioritiesAsync(torrent, priorities, TestContext.Current.CancellationToken);
        Assert.True(answer is CommandDone, answer.ToString());
    }

    /// <summary>Changes a torrent's options.</summary>
    public async Task SetAsync(TorrentId torrent, TorrentOptions options)
    {
        TorrentAnswer answer = await _patron.SetAsync(torrent, options, TestContext.Current.CancellationToken);
        Assert.True(answer is CommandDone, answer.ToString());
    }

    /// <summary>Removes a torrent, running or not, with its data.</summary>
    public async Task<TorrentRemoved> RemoveAsync(TorrentId torrent)
    {
        TorrentAnswer answer = await _patron.RemoveAsync(torrent, deleteData: true, TestContext.Current.CancellationToken);
        Assert.True(answer is TorrentRemoved, answer.ToString());
        return (TorrentRemoved)answer;
    }

    /// <summary>Waits until a torrent started by a link has its metadata.</summary>
    public Task WaitForMetadataAsync(TorrentId torrent) => WaitAsync(torrent, "the metadata has arrived", status => status.Metadata is null);

    /// <summary>Its connected peers.</summary>
    public IReadOnlyList<PeerSnapshot> PeersOf(TorrentId torrent) => _patron.GetPeers(torrent);

    /// <summary>Its closed peers, with the reasons.</summary>
    public IReadOnlyList<ClosedPeer> ClosedPeersOf(TorrentId torrent) => _patron.GetClosedPeers(torrent);

    /// <summary>The status of its DHT node.</summary>
    public DhtStatus? Dht => _service.GetClientStatus()?.Dht;

    public TorrentStatus Status(TorrentId torrent) => _patron.GetStatus(torrent)!;

    /// <summary>Waits until every wanted piece is verified.</summary>
    public Task<TorrentStatus> WaitUntilSeedingAsync(TorrentId torrent) =>
        WaitAsync(torrent, "we have everything", status => status is { IsComplete: true, State: TorrentState.Seeding });

    /// <summary>Waits until a torrent's status meets a condition.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="what">The condition in words, for the message of a failure.</param>
    /// <param name="until">The condition to wait for.</param>
    public async Task<TorrentStatus> WaitAsync(TorrentId torrent, string what, Func<TorrentStatus, bool> until)
    {
        using CancellationTokenSource patience = Patience.Begin();
        try
        {
            TorrentStatus? status = await _patron.WaitAsync(torrent, until, patience.Token);
            Assert.True(status is not null && until(status), $"It ended before {what}: {Tell(status)}");
            return status!;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"Timed out waiting until {what}: {Tell(Status(torrent))}");
            throw;
        }
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    public static TorrentMetainfo Read(string torrent) => MetainfoReader.Read(File.ReadAllBytes(torrent));

    private static string Tell(TorrentStatus? status) => status is null
        ? "the torrent is not running"
        : $"{status}\n{string.Join('\n', status.Warnings)}\n{string.Join('\n', status.Trackers)}";
}
