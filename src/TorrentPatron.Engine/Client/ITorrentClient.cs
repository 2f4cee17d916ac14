using System.Threading.Channels;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// A BitTorrent engine: commands go in, messages come out. Engines plug in here, and callers must not assume a particular one. A
/// process may contain any number.
/// </summary>
/// <remarks>
/// Every command gets exactly one <see cref="TorrentAnswer"/> with its correlation id; answers to different commands may arrive
/// in any order. Disposing stops every torrent, saves its state, answers the open commands and completes <see cref="Messages"/>.
/// </remarks>
public interface ITorrentClient : IAsyncDisposable
{
    /// <summary>The engine's display name.</summary>
    string Name { get; }

    /// <summary>
    /// The engine's optional features. Unsupported commands fail with <see cref="TorrentErrorId.NotSupported"/>.
    /// </summary>
    ClientCapabilities Capabilities => ClientCapabilities.None;

    /// <summary>The answers and events. Unbounded, with a single reader.</summary>
    ChannelReader<TorrentMessage> Messages { get; }

    /// <summary>Posts a command. Never blocks; may be called from any thread. After disposal the answer is a failure.</summary>
    /// <param name="command">The command.</param>
    void Post(TorrentCommand command);

    /// <summary>The latest snapshot of one torrent. Never waits for the network or the disk.</summary>
    /// <param name="torrent">The torrent, by any of its hashes; see <see cref="Find"/>.</param>
    /// <returns>The snapshot; null if the engine is not running that torrent.</returns>
    TorrentStatus? GetStatus(TorrentId torrent);

    /// <summary>
    /// Finds a torrent by any of its hashes: a hybrid and a link that names only one of them are the same torrent, which keeps the
    /// id it was started with. Never waits for the network or the disk.
    /// </summary>
    /// <param name="torrent">An id of the torrent.</param>
    /// <returns>The id that the engine uses for it; null if it is not running that torrent.</returns>
    TorrentId? Find(TorrentId torrent) => GetStatus(torrent) is null ? null : torrent;

    /// <summary>The latest snapshots of all torrents, in the order they were started.</summary>
    IReadOnlyList<TorrentStatus> GetStatuses();

    /// <summary>The metainfo of a torrent. Never waits for the network or the disk.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <returns>
    /// The metainfo; null if the engine is not running the torrent, does not have its metadata yet, or does not provide it.
    /// </returns>
    TorrentMetainfo? GetMetainfo(TorrentId torrent) => null;

    /// <summary>A torrent's files. Never waits for the network or the disk.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <returns>
    /// The files without padding, in the metainfo's order. Empty if the engine is not running that torrent, does not have its
    /// metadata yet, or lacks <see cref="ClientCapabilities.FileList"/>.
    /// </returns>
    IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent) => [];

    /// <summary>A torrent's connected peers. Never waits for the network or the disk.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <returns>
    /// The peers. Empty if the engine is not running that torrent, or lacks <see cref="ClientCapabilities.PeerList"/>.
    /// </returns>
    IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) => [];

    /// <summary>The peers whose connections ended most recently. Never waits for the network or the disk.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <returns>
    /// A few dozen, the latest first. Empty if the engine is not running that torrent, or lacks
    /// <see cref="ClientCapabilities.ClosedPeers"/>.
    /// </returns>
    IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) => [];

    /// <summary>The current settings.</summary>
    ClientSettings Settings { get; }

    /// <summary>Changes the settings. Those that can change while torrents run take effect at once.</summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>An error for each setting that could not be changed; empty if all were applied.</returns>
    Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<TorrentError>>([new TorrentError(
            TorrentErrorId.NotSupported, $"The engine {Name} cannot change its settings while it runs.",
            "Stop the patron and create a new one with these settings.")]);

    /// <summary>A snapshot of the whole engine. Never waits for the network or the disk.</summary>
    ClientStatus GetClientStatus();
}
