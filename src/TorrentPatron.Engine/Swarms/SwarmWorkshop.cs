using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The built-in engine's workshop: one port for the peers of all torrents.</summary>
internal sealed class SwarmWorkshop : IWorkshop
{
    /// <summary>The built-in engine's name.</summary>
    public const string EngineName = "TorrentPatron";

    private readonly EngineResources _engine;
    private readonly HostList _hosts;
    private readonly PeerListener _listener;
    private readonly TransportBalance _balance;

    /// <summary>Starts listening.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="hosts">The torrents that peers may ask for.</param>
    public SwarmWorkshop(EngineResources engine, HostList hosts)
    {
        _engine = engine;
        _hosts = hosts;
        _balance = new TransportBalance(engine.TcpDownload, engine.TcpUpload);
        _listener = new PeerListener(engine, hosts.FindSwarm, hosts.Find, Accept);
        _listener.Open();
    }

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public ClientCapabilities Capabilities => ClientCapabilities.TorrentLimits | ClientCapabilities.SeedGoals | ClientCapabilities.Sequential
        | ClientCapabilities.FilePriorities | ClientCapabilities.Move | ClientCapabilities.DeleteData | ClientCapabilities.ManageTrackers
        | ClientCapabilities.BadPieces | ClientCapabilities.PeerList | ClientCapabilities.FileList | ClientCapabilities.FreeSpace
        | ClientCapabilities.Settings | ClientCapabilities.Magnets | ClientCapabilities.ClosedPeers | ClientCapabilities.SuperSeeding
        | ClientCapabilities.WebSeeds;

    /// <inheritdoc/>
    public IReadOnlyList<IPEndPoint> EndPoints => _listener.EndPoints;

    /// <inheritdoc/>
    public TorrentError? Warning => _listener.Warning;

    /// <inheritdoc/>
    public IWork Make(MagnetLink magnet, TorrentNetwork network, IWorkEvents events) => new MetadataWork(magnet, _engine, network.Peers, events);

    /// <inheritdoc/>
    public IWork Make(TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events) =>
        new SwarmWork(_engine, metainfo, storage, network, events);

    /// <inheritdoc/>
    public void Tick()
    {
        if (_engine.Utp.Count == 0 && !_balance.IsActive)
            return;
        try
        {
            _balance.Update(
                _hosts.All.Select(static host => host.Work).OfType<SwarmWork>().SelectMany(static work => work.Exchange.Connected),
                Instant.Now(_engine.Time));
        }
#pragma warning disable CA1031 // Any exception only costs uTP its share: the beat of all torrents must go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _engine.Faults.Record("balance of TCP and uTP", e);
        }
    }

    /// <inheritdoc/>
    public Task<TorrentError?> ReopenAsync(int port) => _listener.ReopenAsync(port);

    /// <inheritdoc/>
    public bool CanRebind => true;

    /// <inheritdoc/>
    public Task RebindAsync() => _listener.RebindAsync();

    /// <inheritdoc/>
    public ValueTask StopListeningAsync() => _listener.DisposeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Accept(IConnection connection, Handshake handshake)
    {
        if (_hosts.TryFindSwarm(handshake.InfoHash, out TorrentHost? host))
            host.Accept(connection, handshake);
        else
            connection.Dispose();
    }
}
