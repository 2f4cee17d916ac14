using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>One way to move the pieces of torrents: what makes the work of each, and the port on which its peers reach us.</summary>
internal interface IWorkshop : IAsyncDisposable
{
    /// <summary>What the engine is called.</summary>
    string Name { get; }

    /// <summary>What it can do.</summary>
    ClientCapabilities Capabilities { get; }

    /// <summary>Where it listens.</summary>
    IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Why it does not listen as it should; null: it does, or was not asked to.</summary>
    TorrentError? Warning { get; }

    /// <summary>Makes the work of a torrent of which only a link is known.</summary>
    /// <param name="magnet">The link.</param>
    /// <param name="network">The torrent's share of the network.</param>
    /// <param name="events">Is told when the metadata is here.</param>
    IWork Make(MagnetLink magnet, TorrentNetwork network, IWorkEvents events);

    /// <summary>Makes the work of a torrent; nothing is touched yet.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="network">Its share of the network.</param>
    /// <param name="events">Is told of pieces.</param>
    IWork Make(TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events);

    /// <summary>Why no torrent can be run with the engine's settings; null: torrents can be run.</summary>
    TorrentError? Refusal => null;

    /// <summary>Why a torrent cannot be run with such options; null: it can.</summary>
    TorrentError? Refuse(TorrentOptions options) => null;

    /// <summary>Does what is due; called about once a second, in the engine's beat. It waits for nothing.</summary>
    void Tick()
    {
    }

    /// <summary>Listens on another port.</summary>
    /// <returns>Why it does not, and listens as before; null: it does.</returns>
    Task<TorrentError?> ReopenAsync(int port);

    /// <summary>Whether <see cref="RebindAsync"/> does what it says.</summary>
    bool CanRebind => false;

    /// <summary>Listens where the network is bound to now: on the same port, where that can be had.</summary>
    Task RebindAsync() => Task.CompletedTask;

    /// <summary>Takes no more connections.</summary>
    ValueTask StopListeningAsync();

    /// <summary>Goes by other settings.</summary>
    Task ApplyAsync(ClientSettings settings) => Task.CompletedTask;
}
