using System.Threading.Channels;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// A BitTorrent engine: commands go in, messages come out. This is the seam at which engines plug in; nothing above it
/// may assume which one is below. Any number may live in one process.
/// </summary>
/// <remarks>
/// Every command is answered by exactly one <see cref="TorrentAnswer"/> with the command's correlation id; answers to
/// different commands may come in any order. Disposing stops every torrent, saves what is to be saved, answers the
/// commands still open and completes <see cref="Messages"/>.
/// </remarks>
public interface ITorrentClient : IAsyncDisposable
{
    /// <summary>What the engine is called, for people.</summary>
    string Name { get; }

    /// <summary>What it can do. A command that it lacks is answered by a <see cref="TorrentErrorId.NotSupported"/> failure.</summary>
    ClientCapabilities Capabilities => ClientCapabilities.None;

    /// <summary>What came out: answers, and news of torrents. Unbounded and read by one reader.</summary>
    ChannelReader<TorrentMessage> Messages { get; }

    /// <summary>Hands over a command. Never blocks, from any thread; after disposal the answer is a failure.</summary>
    /// <param name="command">What to do.</param>
    void Post(TorrentCommand command);

    /// <summary>The latest snapshot of one torrent. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The snapshot, or null where the engine does not run that torrent.</returns>
    TorrentStatus? GetStatus(TorrentId torrent);

    /// <summary>
    /// Finds a torrent by any of its hashes: a hybrid and a link that names only one of them are one torrent, which runs by the id with which it
    /// was started. Never waits for the network or the disk.
    /// </summary>
    /// <param name="torrent">An id of the torrent.</param>
    /// <returns>The id by which the engine runs it; null where it does not run that torrent.</returns>
    TorrentId? Find(TorrentId torrent) => GetStatus(torrent) is null ? null : torrent;

    /// <summary>The latest snapshots of all torrents, in the order in which they were started.</summary>
    IReadOnlyList<TorrentStatus> GetStatuses();

    /// <summary>What is in a torrent. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>Its metainfo; null where the engine does not run that torrent, or does not know it yet or does not tell.</returns>
    TorrentMetainfo? GetMetainfo(TorrentId torrent) => null;

    /// <summary>A torrent's files. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>
    /// The files but for padding, in the metainfo's order; none where the engine does not run that torrent, or does not know them
    /// yet, or lacks <see cref="ClientCapabilities.FileList"/>.
    /// </returns>
    IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent) => [];

    /// <summary>A torrent's connected peers. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>
    /// The peers; none where the engine does not run that torrent, or lacks <see cref="ClientCapabilities.PeerList"/>.
    /// </returns>
    IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) => [];

    /// <summary>The latest peers whose connections have ended. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>
    /// Some dozens of them, the latest first; none where the engine does not run that torrent, or lacks
    /// <see cref="ClientCapabilities.ClosedPeers"/>.
    /// </returns>
    IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) => [];

    /// <summary>The settings that hold now.</summary>
    ClientSettings Settings { get; }

    /// <summary>Goes on with other settings. What can change while torrents run does so at once.</summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>What could not be changed, and why; none where all is as given.</returns>
    Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<TorrentError>>([new TorrentError(
            TorrentErrorId.NotSupported, $"The engine {Name} cannot change its settings while it runs.",
            "Stop the patron and make a new one with these settings.")]);

    /// <summary>The engine as a whole. Never waits for the network or the disk.</summary>
    ClientStatus GetClientStatus();
}
