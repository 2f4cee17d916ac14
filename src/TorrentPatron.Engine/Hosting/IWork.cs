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
/// The network work of a torrent: fetching its metadata, or moving its pieces with one engine or another. The host controls it.
/// Calls that change pieces or peers come one at a time; others may come from any thread. The work reports through
/// <see cref="IWorkEvents"/>.
/// </summary>
internal interface IWork : IAsyncDisposable
{
    /// <summary>The count of verified pieces.</summary>
    PieceProgress Progress { get; }

    /// <summary>Whether every wanted piece is verified. Called with a lock held.</summary>
    bool IsComplete { get; }

    /// <summary>Bytes of all missing pieces, wanted or not; some number above 0 if unknown.</summary>
    long MissingBytes { get; }

    /// <summary>Pieces that failed their hash check.</summary>
    int FailedPieces { get; }

    /// <summary>Payload received.</summary>
    RateMeter Received { get; }

    /// <summary>Payload sent.</summary>
    RateMeter Sent { get; }

    /// <summary>Payload received and discarded, bytes; includes payload of an earlier run that turned out useless.</summary>
    long Wasted { get; }

    /// <summary>Payload of this run that was useful so far, bytes. Shrinks when a piece turns out to be bad.</summary>
    long Useful => Received.Total - Wasted;

    /// <summary>The number of connected peers, and of seeds among them.</summary>
    (int Peers, int Seeds) Connected { get; }

    /// <summary>Whether it is idle: nothing flows, and no peer is connected or known.</summary>
    bool IsResting { get; }

    /// <summary>The progress of the metadata download; null if the metadata is known.</summary>
    MetadataProgress? Metadata => null;

    /// <summary>
    /// Fetches the piece layers of a v2 torrent from peers, after its info dictionary;
    /// <see cref="IWorkEvents.PieceLayersFetched"/> reports the end.
    /// </summary>
    /// <param name="metainfo">The torrent without them.</param>
    void FetchPieceLayers(TorrentMetainfo metainfo) => throw new NotSupportedException();

    /// <summary>Takes the piece layers of a hybrid torrent, which runs without them until then.</summary>
    /// <param name="metainfo">The torrent with its piece layers.</param>
    void Learn(TorrentMetainfo metainfo)
    {
    }

    /// <summary>Problems with options it cannot honour or peers it cannot find, for the torrent's warnings.</summary>
    IEnumerable<TorrentError> Shortcomings => [];

    /// <summary>Whether a piece is verified. Must be fast: it is called for one piece after another.</summary>
    bool Has(int piece);

    /// <summary>A copy of the verified pieces.</summary>
    Bitfield Verified();

    /// <summary>The pieces with some blocks on disk.</summary>
    IReadOnlyList<UnfinishedPiece> Unfinished();

    /// <summary>The connected peers.</summary>
    IReadOnlyList<PeerSnapshot> Peers();

    /// <summary>Snapshots of the web seeds.</summary>
    IReadOnlyList<WebSeedSnapshot> WebSeeds => [];

    /// <summary>Prepares to run the torrent; called once, before anything else.</summary>
    /// <exception cref="StorageException">The torrent cannot be run, or not with these options.</exception>
    Task BeginAsync(TorrentChoices choices) => Task.CompletedTask;

    /// <summary>Replaces the set of verified pieces. Called while closed.</summary>
    /// <param name="verified">The verified pieces.</param>
    /// <param name="unfinished">The pieces with some blocks on disk; null leaves them unchanged.</param>
    void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null);

    /// <summary>Applies new choices, except for files.</summary>
    void Apply(TorrentChoices choices)
    {
    }

    /// <summary>Prepares a change of wanted files.</summary>
    Task PrepareAsync(IReadOnlyList<FilePriority> priorities) => Task.CompletedTask;

    /// <summary>Changes which files are wanted. Called with a lock held.</summary>
    void Want(IReadOnlyList<FilePriority> priorities);

    /// <summary>
    /// Called after <see cref="Want"/>, when the torrent's state shows the change: updates interest and requests.
    /// </summary>
    void Wanted()
    {
    }

    /// <summary>Takes peer addresses, and dials them while open.</summary>
    void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin);

    /// <summary>Takes an incoming connection.</summary>
    void Accept(IConnection connection, Handshake handshake) => connection.Dispose();

    /// <summary>Prepares to open, with the pieces verified so far.</summary>
    Task JoinAsync() => Task.CompletedTask;

    /// <summary>Starts dialling and accepting peers. Called with a lock held.</summary>
    void Open();

    /// <summary>Called when activity is about to resume after an idle time.</summary>
    void Wake()
    {
    }

    /// <summary>Does the work that is due; called about once a second while open.</summary>
    /// <param name="elapsed">Time since the last call.</param>
    void Tick(TimeSpan elapsed);

    /// <summary>Stops requesting and closes all connections. May be called from any thread at any time.</summary>
    void Halt(string reason);

    /// <summary>
    /// Closes connections other than those of peers, because the network's route has changed. May be called from any thread.
    /// </summary>
    void DropConnections()
    {
    }

    /// <summary>Leaves all peers. When it completes, received data has been written, and no further piece is reported.</summary>
    Task CloseAsync(string reason);

    /// <summary>Writes the blocks of slow pieces to disk, so that they survive a crash.</summary>
    /// <returns>Whether there is something new to save.</returns>
    Task<bool> WriteOutAsync() => Task.FromResult(false);
}
