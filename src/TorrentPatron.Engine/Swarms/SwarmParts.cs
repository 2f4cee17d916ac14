using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>What one torrent is made of, put together. Disposing lets go of all of it, without a word to anyone.</summary>
internal sealed class SwarmParts : IAsyncDisposable
{
    private readonly EngineResources _engine;
    private readonly MetadataServer _metadata;

    /// <summary>Puts a torrent together; nothing is touched yet.</summary>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="command">The start; it has the metainfo.</param>
    /// <param name="network">The torrent's network, where its metadata was fetched with it; null: there is none yet.</param>
    /// <param name="events">Hears of pieces, and of the disk where it refuses.</param>
    /// <param name="addPeers">Takes the addresses that are found.</param>
    /// <param name="say">Takes what is said of the torrent.</param>
    public SwarmParts(
        EngineResources engine, CreateNewTorrent command, SwarmNetwork? network, ISwarmEvents events,
        Action<IEnumerable<IPEndPoint>, PeerSource> addPeers, Action<TorrentMessage> say)
    {
        _engine = engine;
        Metainfo = command.Metainfo!;
        Network = network ?? new SwarmNetwork(Metainfo.InfoHash, engine, Metainfo.TrackerTiers, command.DhtNodes, Metainfo.IsPrivate);
        Storage = new TorrentStorage(new FileLayout(Metainfo, command.Destination), engine.Files);
        Claim = new PathClaim(Metainfo.InfoHash, Metainfo.Name, command.ResumeStore, PathTable.Process);
        Pieces = new SwarmPieces(Metainfo, Storage, engine, events);
        var reader = new BlockReader(Storage, engine.DiskWorkers, Metainfo.PieceLength, e => events.StorageFailed(e.Error));
        Peers = new SwarmPeers(Metainfo, Pieces, reader, engine, Network.Peers);
        _metadata = new MetadataServer(Metainfo.RawInfo, Network.Upload, engine.Time);
        Network.Peers.Extensions.Set(_metadata);
        Ledger = new SwarmLedger(engine, command, Storage, Pieces, Peers);
        if (network is not null)
            Ledger.State = TorrentState.FetchingMetadata;
        Resume = new ResumeKeeper(command.ResumeStore, Storage, engine.DiskWorkers, Metainfo.PieceCount, engine.Time, engine.Random, SaveWarningChanged);
        Controls = new SwarmControls(Ledger, Pieces, Network);
        Move = new SwarmMove(Metainfo, Storage, engine.DiskWorkers, Ledger, Claim, Files);
        Check = new SwarmCheck(Metainfo, Storage, engine, Pieces, Ledger);
        State = new SwarmState(
            engine, Metainfo.InfoHash, Ledger, () => Ledger.MakeStatus(Network.Trackers.Snapshot(), Resume.Warning), say);
        Network.Use(Ledger.MakeAnnounce, State.Changed, addPeers, () => Pieces.IsComplete);
        // A magnet link did not say so.
        if (Metainfo.IsPrivate)
            Network.Discovery.BecomePrivate();
    }

    /// <summary>What is in it.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>Its files.</summary>
    public TorrentStorage Storage { get; }

    /// <summary>Its claim to the paths of its files.</summary>
    public PathClaim Claim { get; }

    /// <summary>Its pieces.</summary>
    public SwarmPieces Pieces { get; }

    /// <summary>Its peers.</summary>
    public SwarmPeers Peers { get; }

    /// <summary>Its share of the network: connections, trackers and other discovery, limits.</summary>
    public SwarmNetwork Network { get; }

    /// <summary>What is written down of it.</summary>
    public SwarmLedger Ledger { get; }

    /// <summary>What state it is in.</summary>
    public SwarmState State { get; }

    /// <summary>What can be set.</summary>
    public SwarmControls Controls { get; }

    /// <summary>What hashes its files.</summary>
    public SwarmCheck Check { get; }

    /// <summary>What takes its files elsewhere.</summary>
    public SwarmMove Move { get; }

    /// <summary>What saves it.</summary>
    public ResumeKeeper Resume { get; }

    /// <summary>How its files stand.</summary>
    public TorrentFiles Files() => FilesWanting(Ledger.Choices.FilePriorities);

    /// <summary>How its files would stand with other priorities.</summary>
    /// <param name="priorities">Priority of each file; empty: all normal.</param>
    public TorrentFiles FilesWanting(IReadOnlyList<FilePriority> priorities) =>
        Claim.FilesOf(Storage.Layout, priorities, Ledger.Origin, Pieces.Verified(), Storage.Apart, Ledger.Unchecked);

    /// <summary>Decides which files may be written, now that it is known which pieces are here. It is in no swarm.</summary>
    /// <returns>Why the torrent cannot go on, or null.</returns>
    public Task<TorrentError?> DecideWritesAsync() => _engine.DiskWorkers.RunAsync(() =>
    {
        try
        {
            Bitfield verified = Pieces.Verified();
            int count = verified.Count;
            WriteRules.Apply(Storage, Claim, Ledger.Choices.FilePriorities, Ledger.Origin, verified, Ledger.Choices.SeedOnly);
            if (verified.Count != count)
                Pieces.Reset(verified);
            Storage.MoveParts();
            return null;
        }
        catch (StorageException e)
        {
            return e.Error;
        }
    });

    /// <summary>Saves how it stands.</summary>
    // How the files are left matters only where nobody writes them any more; thousands of files are not looked at for nothing.
    public Task SaveAsync() => Resume.CheckpointAsync(() => Ledger.MakeResumeData(Ledger.ClosedInOrder ? Storage.Stamps() : []));

    private void SaveWarningChanged(TorrentError? warning)
    {
        if (warning is not null)
            EngineEvents.Log.DiskError(Metainfo.InfoHash, warning);
        if (warning is null)
            State.Changed();
        else
            State.Say(_ => new TorrentWarning(Metainfo.InfoHash, warning));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Check.Dispose();
        Move.Dispose();
        Peers.Dispose();
        _metadata.Dispose();
        await Network.DisposeAsync().ConfigureAwait(false);
        await _engine.DiskWorkers.RunAsync(Storage.Dispose).ConfigureAwait(false);
        await Resume.DisposeAsync().ConfigureAwait(false);
        // Last: what is saved speaks for the torrent from now on.
        Claim.Dispose();
    }
}
