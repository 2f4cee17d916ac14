using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// What a torrent's host has done with peers: its metadata fetched, or its pieces moved by one engine or another. The host says when; it
/// calls what changes pieces or peers one at a time, and the rest from any thread. The work tells it by <see cref="IWorkEvents"/>.
/// </summary>
internal interface IWork : IAsyncDisposable
{
    /// <summary>How many of the pieces are here.</summary>
    PieceProgress Progress { get; }

    /// <summary>Whether every wanted piece is here. Called with a lock held.</summary>
    bool IsComplete { get; }

    /// <summary>Bytes of all pieces that are not here, wanted or not; some number above 0 where that is not known.</summary>
    long MissingBytes { get; }

    /// <summary>Pieces that came with a wrong hash.</summary>
    int FailedPieces { get; }

    /// <summary>Payload received.</summary>
    RateMeter Received { get; }

    /// <summary>Payload sent.</summary>
    RateMeter Sent { get; }

    /// <summary>Payload received for nothing, bytes; also what an earlier run had received, and has turned out to be of no use.</summary>
    long Wasted { get; }

    /// <summary>Payload of this run that was of use, as far as is known, bytes. It shrinks where a piece turns out to be bad.</summary>
    long Useful => Received.Total - Wasted;

    /// <summary>Connected peers, and those of them that have everything.</summary>
    (int Peers, int Seeds) Connected { get; }

    /// <summary>Whether nothing flows and no peer is there or known.</summary>
    bool IsResting { get; }

    /// <summary>How far the fetching of the metadata is; null where it is known.</summary>
    MetadataProgress? Metadata => null;

    /// <summary>Has peers give the piece layers of a v2 torrent, after its info dictionary; <see cref="IWorkEvents.PieceLayersFetched"/> tells the end.</summary>
    /// <param name="metainfo">The torrent without them.</param>
    void FetchPieceLayers(TorrentMetainfo metainfo) => throw new NotSupportedException();

    /// <summary>The piece layers of a hybrid are here, which goes on without them until then.</summary>
    /// <param name="metainfo">The torrent with them.</param>
    void Learn(TorrentMetainfo metainfo)
    {
    }

    /// <summary>What it lacks of what has been chosen, and peers that it cannot find; for the torrent's warnings.</summary>
    IEnumerable<TorrentError> Shortcomings => [];

    /// <summary>Whether a piece is here. Takes no lock for long: it is asked for one piece after the other.</summary>
    bool Has(int piece);

    /// <summary>The pieces that are here: a copy.</summary>
    Bitfield Verified();

    /// <summary>The pieces of which some blocks are here.</summary>
    IReadOnlyList<UnfinishedPiece> Unfinished();

    /// <summary>The connected peers.</summary>
    IReadOnlyList<PeerSnapshot> Peers();

    /// <summary>The web seeds, as they stand.</summary>
    IReadOnlyList<WebSeedSnapshot> WebSeeds => [];

    /// <summary>Makes ready to run the torrent, once, before anything else is done with it.</summary>
    /// <exception cref="StorageException">It cannot be run, or not so.</exception>
    Task BeginAsync(TorrentChoices choices) => Task.CompletedTask;

    /// <summary>Goes on from other pieces. It is closed.</summary>
    /// <param name="verified">The pieces that are here.</param>
    /// <param name="unfinished">The pieces of which some blocks are here; null: those stay as they are.</param>
    void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null);

    /// <summary>Goes by other choices, but for those of files.</summary>
    void Apply(TorrentChoices choices)
    {
    }

    /// <summary>Makes ready to want other files.</summary>
    Task PrepareAsync(IReadOnlyList<FilePriority> priorities) => Task.CompletedTask;

    /// <summary>Wants other files from now on. Called with a lock held.</summary>
    void Want(IReadOnlyList<FilePriority> priorities);

    /// <summary>Other files are wanted since <see cref="Want"/>, and the torrent's state shows it: peers are told, and asked for what is new.</summary>
    void Wanted()
    {
    }

    /// <summary>Takes note of addresses of peers, and dials where it is open.</summary>
    void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin);

    /// <summary>Takes a peer that has dialled us.</summary>
    void Accept(IConnection connection, Handshake handshake) => connection.Dispose();

    /// <summary>Gets ready to be opened, with the pieces that are here.</summary>
    Task JoinAsync() => Task.CompletedTask;

    /// <summary>Dials and takes peers from now on. Called with a lock held.</summary>
    void Open();

    /// <summary>Something is about to flow after a rest.</summary>
    void Wake()
    {
    }

    /// <summary>Does what is due; called about once a second while the work is open.</summary>
    /// <param name="elapsed">Time since the last call.</param>
    void Tick(TimeSpan elapsed);

    /// <summary>Asks peers for nothing more, and ends their connections. From any thread, at any time.</summary>
    void Halt(string reason);

    /// <summary>The network goes another way: connections end that are not those of peers. From any thread.</summary>
    void DropConnections()
    {
    }

    /// <summary>Leaves the peers; what they have sent is written when this completes, and nothing is told of a piece after it.</summary>
    Task CloseAsync(string reason);

    /// <summary>Writes blocks of pieces that take long, so that they outlive a crash.</summary>
    /// <returns>Whether there is something new to save.</returns>
    Task<bool> WriteOutAsync() => Task.FromResult(false);
}
