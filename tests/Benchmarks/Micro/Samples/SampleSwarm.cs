using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>The peers and pieces of one torrent, without a network, a tracker or a disk.</summary>
internal sealed class SampleSwarm : IWorkEvents, INetwork, ITrackerClient
{
    private readonly EngineResources _engine;
    private int _peers;

    public SampleSwarm(int pieceCount)
    {
        Metainfo = MetainfoReader.Read(SampleTorrents.OneFile(pieceCount));
        _engine = new EngineResources(new ClientSettings(), this, this, TimeProvider.System, new Random(1));
        var storage = new TorrentStorage(new FileLayout(Metainfo, "nowhere"), _engine.Files);
        var command = new CreateNewTorrent(1, Metainfo, "nowhere") { ResumeStore = null! };
        var network = new TorrentNetwork(command, _engine);
        var work = new SwarmWork(_engine, Metainfo, storage, network, this);
        (Pieces, Peers) = (work.Pieces, work.Exchange);
        Ledger = new TorrentLedger(_engine, command, network.Peers.Directory);
        Ledger.Know(Metainfo, storage, work);
        Pieces.Open(true);
        Peers.Open();
    }

    public TorrentMetainfo Metainfo { get; }

    public SwarmPieces Pieces { get; }

    public SwarmPeers Peers { get; }

    public TorrentLedger Ledger { get; }

    /// <summary>Takes a new peer; returns when its connection has nothing more to receive.</summary>
    public void Attach(IConnection connection)
    {
        Span<byte> id = stackalloc byte[PeerId.Length];
        BitConverter.TryWriteBytes(id, ++_peers);
        Peers.Set.Attach(
            connection, new Handshake(Metainfo.InfoHash, new PeerId(id), SupportsFast: false, SupportsExtensions: true, SupportsDht: false),
            isIncoming: true);
    }

    void IWorkEvents.MetadataFetched(byte[] info)
    {
    }

    void IWorkEvents.PieceVerified(int piece, bool isComplete)
    {
    }

    void IWorkEvents.StorageFailed(TorrentError error)
    {
    }

    void IWorkEvents.Faulted(Exception fault)
    {
    }

    Task<IConnection> INetwork.ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken) => throw new NotSupportedException();

    IListener INetwork.Listen(IPEndPoint local) => throw new NotSupportedException();

    ReadOnlyCollection<IPAddress> INetwork.LocalAddresses => [];

    ReadOnlyCollection<IPAddress> INetwork.GroupAddresses => [];

    Task<IPAddress[]> INetwork.ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => IPAddress.TryParse(host, out IPAddress? address)
        ? Task.FromResult<IPAddress[]>([address])
        : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

    IDatagramSocket INetwork.OpenDatagrams(IPEndPoint local, NetworkUse use) => throw new IOException("There are no datagrams here.");

    IDatagramSocket INetwork.JoinGroup(IPEndPoint group, IPAddress local) => throw new IOException("There are no groups here.");

    Task<AnnounceResponse?> ITrackerClient.AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<ScrapeResponse?> ITrackerClient.ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
