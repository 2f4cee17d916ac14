using System.Threading.Channels;
using TorrentPatron.Protocol;

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

    /// <summary>What came out: answers, and news of torrents. Unbounded and read by one reader.</summary>
    ChannelReader<TorrentMessage> Messages { get; }

    /// <summary>Hands over a command. Never blocks, from any thread; after disposal the answer is a failure.</summary>
    /// <param name="command">What to do.</param>
    void Post(TorrentCommand command);

    /// <summary>The latest snapshot of one torrent. Never waits for the network or the disk.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The snapshot, or null where the engine does not run that torrent.</returns>
    TorrentStatus? GetStatus(InfoHash torrent);

    /// <summary>The latest snapshots of all torrents, in the order in which they were started.</summary>
    IReadOnlyList<TorrentStatus> GetStatuses();

    /// <summary>The engine as a whole. Never waits for the network or the disk.</summary>
    ClientStatus GetClientStatus();
}
