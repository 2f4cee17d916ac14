using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// One implementation of moving pieces: creates the work of each torrent, and owns the port that peers connect to.
/// </summary>
internal interface IWorkshop : IAsyncDisposable
{
    /// <summary>The engine's name.</summary>
    string Name { get; }

    /// <summary>The engine's optional features.</summary>
    ClientCapabilities Capabilities { get; }

    /// <summary>The addresses it listens on.</summary>
    IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Why it does not listen as configured; null if it does, or was not asked to.</summary>
    TorrentError? Warning { get; }

    /// <summary>Creates the work of a torrent that was started from a link.</summary>
    /// <param name="magnet">The link.</param>
    /// <param name="network">The torrent's share of the network.</param>
    /// <param name="events">Receives the metadata.</param>
    IWork Make(MagnetLink magnet, TorrentNetwork network, IWorkEvents events);

    /// <summary>Creates the work of a torrent, without touching its files.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="network">Its share of the network.</param>
    /// <param name="events">Receives the work's events.</param>
    IWork Make(TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events);

    /// <summary>Why the engine's settings prevent running torrents; null if they do not.</summary>
    TorrentError? Refusal => null;

    /// <summary>Why a torrent cannot run with these options; null if it can.</summary>
    TorrentError? Refuse(TorrentOptions options) => null;

    /// <summary>Does the work that is due; called about once a second from the engine's heartbeat. Must not block.</summary>
    void Tick()
    {
    }

    /// <summary>Switches to another listen port.</summary>
    /// <returns>Why it still listens on the old port; null if it switched.</returns>
    Task<TorrentError?> ReopenAsync(int port);

    /// <summary>Whether <see cref="RebindAsync"/> is supported.</summary>
    bool CanRebind => false;

    /// <summary>Listens on the network's current interface or address, on the same port if possible.</summary>
    Task RebindAsync() => Task.CompletedTask;

    /// <summary>Stops accepting connections.</summary>
    ValueTask StopListeningAsync();

    /// <summary>Applies new settings.</summary>
    Task ApplyAsync(ClientSettings settings) => Task.CompletedTask;
}
