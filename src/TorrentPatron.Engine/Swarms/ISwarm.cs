using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// A torrent as the engine runs it, whether its pieces are known or its metadata is being fetched: what can be done with either.
/// Commands come one at a time. One that comes while it is being stopped, or has passed on what it had, throws
/// <see cref="ObjectDisposedException"/>.
/// </summary>
internal interface ISwarm : ITicking
{
    /// <summary>What is in it; null where that is not known.</summary>
    TorrentMetainfo? Metainfo { get; }

    /// <summary>How it stands.</summary>
    TorrentStatus Status { get; }

    /// <summary>Completes when the start has succeeded (true) or failed.</summary>
    Task<bool> Started { get; }

    /// <summary>Whether it is being stopped, has failed to start, or has passed on what it had to a successor.</summary>
    bool IsEnding { get; }

    /// <summary>Completes when the engine has forgotten it.</summary>
    Task Ended { get; }

    /// <summary>The files as they are now; none where they are not known.</summary>
    IReadOnlyList<FileSnapshot> Files();

    /// <summary>The connected peers as they are now.</summary>
    IReadOnlyList<PeerSnapshot> Peers();

    /// <summary>Makes ready and starts; what takes long goes on behind the answer.</summary>
    Task<TorrentAnswer> StartAsync();

    /// <summary>The engine has forgotten it.</summary>
    void End();

    /// <summary>Stops for good.</summary>
    /// <returns>Whether this did it; false where it had been done before, or there is a successor.</returns>
    Task<bool> StopAsync();

    /// <summary>Stops for good and forgets the torrent: nothing stays saved and, where that is wanted, nothing of its own data.</summary>
    /// <returns>What was deleted; null where it had been stopped before, or there is a successor.</returns>
    Task<ErasedData?> RemoveAsync(bool deleteData);

    /// <summary>Leaves the swarm but stays known.</summary>
    Task SuspendAsync();

    /// <summary>Goes on after a suspension or a failure.</summary>
    /// <returns>Why it cannot; null: it does.</returns>
    Task<TorrentError?> ResumeAsync();

    /// <summary>Says something that shows how it stands, in its turn among what is said of it.</summary>
    void Say(Func<TorrentStatus, TorrentMessage> make);

    /// <summary>Adds peers and trackers.</summary>
    Task AddAsync(AddSources sources);

    /// <summary>Changes the torrent's options.</summary>
    /// <returns>Why they stay as they are; null: they are changed.</returns>
    Task<TorrentError?> SetAsync(TorrentOptions options);

    /// <summary>Asks trackers no longer.</summary>
    Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers);

    /// <summary>Asks trackers as soon as they allow it.</summary>
    /// <returns>Why they are not asked; null: they are.</returns>
    TorrentError? Announce(IReadOnlyList<Uri> trackers);

    /// <summary>Takes a peer that has dialled us.</summary>
    void Accept(IConnection connection, Handshake handshake);

    /// <summary>Stops by itself, with an error; does not wait. One that does not run stays as it is.</summary>
    void Fail(TorrentError error);

    /// <summary>The peers that have left last, the latest first.</summary>
    IReadOnlyList<ClosedPeer> ClosedPeers();
}
