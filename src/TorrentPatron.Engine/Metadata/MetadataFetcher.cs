using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Fetches a torrent's metadata from its peers (BEP 9), from several at once and piece by piece, until the assembled pieces have
/// the hash in the magnet link. Thread-safe.
/// </summary>
/// <remarks>
/// A single piece cannot be verified. If pieces from several peers add up to wrong metadata, each peer is then asked for all of
/// it, so that the liar is found. Different claimed sizes are tried side by side as far as memory allows, then in turn.
/// </remarks>
internal sealed class MetadataFetcher : IPeerExtension
{
    /// <summary>The most open requests to one peer.</summary>
    private const int MostAsked = 4;

    /// <summary>Rejected requests after which a peer is not asked again.</summary>
    private const int MostRejects = 50;

    /// <summary>The most unrequested pieces tolerated from a peer.</summary>
    private const int MostUnasked = 100;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly MagnetLink _magnet;
    private readonly DiskWorkers _workers;
    private readonly MetadataMemory _memory;
    private readonly TimeProvider _time;
    private readonly FaultHandler _faults;
    private readonly Action<PeerConnection, string> _ban;
    private readonly Action<byte[]> _received;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerConnection, MetadataSource> _sources = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly HashSet<int> _disputedSizes = [];
    private int _peersAsked;

    /// <summary>The number of assemblies begun so far.</summary>
    private long _turn;
    private bool _isOver;

    /// <summary>Creates a fetcher, which asks every peer that offers metadata.</summary>
    /// <param name="magnet">The link with the metadata's hash.</param>
    /// <param name="engine">The clock, and the threads that hash.</param>
    /// <param name="ban">Bans a peer that sent wrong metadata.</param>
    /// <param name="received">Takes the metadata, once. Called on any thread, without a lock.</param>
    public MetadataFetcher(MagnetLink magnet, EngineResources engine, Action<PeerConnection, string> ban, Action<byte[]> received)
    {
        _magnet = magnet;
        _workers = engine.DiskWorkers;
        _memory = engine.MetadataMemory;
        _time = engine.Time;
        _faults = engine.Faults;
        _ban = ban;
        _received = received;
    }

    /// <inheritdoc/>
    public string Name => MetadataMessage.Extension;

    /// <inheritdoc/>
    public int MaxLength => MetadataMessage.MaxLength;

    /// <summary>The fetcher's progress, all but <see cref="MetadataProgress.Since"/>.</summary>
    /// <param name="connected">Connected peers.</param>
    /// <param name="known">Known addresses.</param>
    public MetadataProgress Progress(int connected, int known)
    {
        lock (_gate)
        {
            MetadataAssembly? best = _assemblies.MaxBy(assembly => assembly.Received);
            return new MetadataProgress
            {
                PiecesReceived = best?.Received ?? 0,
                PieceCount = best?.Count,
                PeersAsked = _peersAsked,
                Missing = Missing(connected, known, best),
            };
        }
    }

    /// <inheritdoc/>
    public void PeerSaidHello(PeerConnection peer)
    {
        lock (_gate)
        {
            if (_isOver || peer.IsClosed)
                return;
            if (!_sources.TryGetValue(peer, out MetadataSource? source))
                _sources.Add(peer, source = new MetadataSource(peer) { LastTurn = _turn });
            int? size = peer.Extensions.Speaks(this) ? peer.Extensions.Hello!.MetadataSize : null;
            if (size != source.Size)
                Leave(source);
            source.Size = size;
        }

        AskMore();
    }

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload)
    {
        if (!MetadataMessage.TryRead(payload, out MetadataMessage message))
            return "It sent an invalid metadata message.";
        switch (message.Kind)
        {
            case MetadataMessageKind.Request:
                // We have no metadata to give yet.
                MetadataServer.Refuse(peer, this, message.Piece);
                return null;
            case MetadataMessageKind.Data:
                return HandleData(peer, message);
            case MetadataMessageKind.Reject:
                peer.FutileWork.Charge(FutileWork.Change);
                HandleReject(peer, message.Piece);
                return null;
            default:
                peer.FutileWork.Charge(FutileWork.Of(payload.Length));
                return null;
        }
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer)
    {
        lock (_gate)
        {
            if (!_sources.Remove(peer, out MetadataSource? source))
                return;
            Leave(source);
            foreach (MetadataAssembly assembly in _assemblies.Where(assembly => assembly.Only == peer && !assembly.IsComplete).ToArray())
                Drop(assembly);
        }

        AskMore();
    }

    /// <summary>Expires unanswered requests and sends new ones; called about once a second.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            foreach (MetadataSource source in _sources.Values)
            {
                foreach (int piece in source.Asked.Where(asked => _time.GetElapsedTime(asked.Value, now) > RequestTimeout)
                             .Select(asked => asked.Key).ToArray())
                {
                    source.Asked.Remove(piece);
                    source.Assembly?.Release(piece);
                    source.RestUntil = After(now, Rest);
                }
            }
        }

        AskMore();
    }

    /// <summary>Stops requesting; called when the torrent is suspended, and at its end.</summary>
    public void End()
    {
        lock (_gate)
            EndLocked();
    }

    private void EndLocked()
    {
        _isOver = true;
        foreach (MetadataAssembly assembly in _assemblies.ToArray())
            Drop(assembly);
        _memory.Withdraw(this, isSmall: true);
        _memory.Withdraw(this, isSmall: false);
    }

    private void Drop(MetadataAssembly assembly)
    {
        if (_assemblies.Remove(assembly))
            _memory.Return(assembly.Size);
    }

    /// <summary>Sends every peer with metadata as many requests as it should have.</summary>
    private void AskMore()
    {
        var requests = new List<(PeerConnection Peer, int Piece)>();
        lock (_gate)
        {
            if (_isOver)
                return;
            long now = _time.GetTimestamp();
            // A peer that claims a size and then sends little or nothing must not block a peer that would answer, here or in
            // another torrent.
            foreach (MetadataAssembly assembly in _assemblies.Where(one => one.IsOverdue(now) && _memory.IsWanted(one.Size)).ToArray())
                Drop(assembly);
            bool isAnySmallWaiting = false, isAnyLargeWaiting = false;
            foreach (MetadataSource source in _sources.Values.OrderBy(source => source.LastTurn).ToArray())
            {
                bool isSmall = source.Size is int size && MetadataMemory.IsSmall(size);
                ref bool isWaiting = ref isSmall ? ref isAnySmallWaiting : ref isAnyLargeWaiting;
                isWaiting |= !Ask(source, mayBegin: !isWaiting, now, requests);
            }

            if (!isAnySmallWaiting)
                _memory.Withdraw(this, isSmall: true);
            if (!isAnyLargeWaiting)
                _memory.Withdraw(this, isSmall: false);
        }

        // Outside the lock: a connection may turn out to be broken, and then its peer leaves.
        foreach ((PeerConnection peer, int piece) in requests)
            peer.Extensions.TryAdd(this, MetadataMessage.WriteRequest(piece));
        foreach (PeerConnection peer in requests.Select(request => request.Peer).Distinct())
            peer.Sender.Flush();
    }

    /// <returns>False if there is no memory for its pieces.</returns>
    private bool Ask(MetadataSource source, bool mayBegin, long now, List<(PeerConnection Peer, int Piece)> requests)
    {
        if (source.Size is not int size || source.Rejects >= MostRejects || source.RestUntil > now)
            return true;
        if (source.Assembly is null || !_assemblies.Contains(source.Assembly))
        {
            source.Asked.Clear();
            source.Assembly = FindAssembly(source.Peer, size, mayBegin, now);
        }

        if (source.Assembly is not { } assembly)
            return false;
        while (source.Asked.Count < MostAsked)
        {
            int piece = assembly.Take(source.Asked.ContainsKey, now);
            if (piece < 0)
                return true;
            if (!source.WasAsked)
                _peersAsked++;
            source.WasAsked = true;
            source.Asked.Add(piece, now);
            requests.Add((source.Peer, piece));
        }

        return true;
    }

    /// <summary>The assembly for a peer's pieces; null if there is no room now.</summary>
    private MetadataAssembly? FindAssembly(PeerConnection peer, int size, bool mayBegin, long now)
    {
        PeerConnection? only = _disputedSizes.Contains(size) ? peer : null;
        if (_assemblies.Find(assembly => assembly.Size == size && assembly.Only == only) is { } known)
            return known;
        if (!mayBegin || !_memory.TryTake(this, size))
            return null;
        var assembly = new MetadataAssembly(size, only, now, _time);
        _assemblies.Add(assembly);
        _turn++;
        foreach (MetadataSource source in _sources.Values)
        {
            if (source.Size == size && (only is null || source.Peer == only))
                source.LastTurn = _turn;
        }

        return assembly;
    }

    private string? HandleData(PeerConnection peer, in MetadataMessage message)
    {
        MetadataAssembly? complete = null;
        lock (_gate)
        {
            if (_isOver)
            {
                peer.FutileWork.Charge(FutileWork.Of(message.Data.Length));
                return null;
            }

            if (!_sources.TryGetValue(peer, out MetadataSource? source) || source.Assembly is not { } assembly
                || !source.Asked.Remove(message.Piece))
            {
                peer.FutileWork.Charge(FutileWork.Of(message.Data.Length));
                return source is not null && ++source.Unasked > MostUnasked ? "It sends metadata that was not requested." : null;
            }

            assembly.Release(message.Piece);
            if (message.TotalSize != assembly.Size || message.Data.Length != MetadataMessage.LengthOf(message.Piece, assembly.Size))
                return "Its metadata has a different size than it announced.";
            if (_assemblies.Contains(assembly) && !assembly.IsComplete)
            {
                peer.MetadataPieces++;
                assembly.Put(message.Piece, message.Data, peer, _time.GetTimestamp());
                if (assembly.IsComplete)
                    complete = assembly;
            }
        }

        if (complete is not null)
            _faults.Watch(VerifyAsync(complete), _magnet.TorrentId, "verification of metadata");
        else
            AskMore();
        return null;
    }

    private void HandleReject(PeerConnection peer, int piece)
    {
        lock (_gate)
        {
            if (!_sources.TryGetValue(peer, out MetadataSource? source))
                return;
            // Rejects that match no request count too: both kinds are useless messages.
            source.Rejects++;
            if (source.Asked.Remove(piece))
                source.Assembly?.Release(piece);
            source.RestUntil = After(_time.GetTimestamp(), Rest);
        }

        AskMore();
    }

    private async Task VerifyAsync(MetadataAssembly assembly)
    {
        byte[]? metadata = await _workers.RunAsync(() =>
        {
            byte[] all = assembly.All;
            return IsGenuine(all) ? all : null;
        }).ConfigureAwait(false);

        IReadOnlyCollection<PeerConnection> senders = assembly.Senders;
        lock (_gate)
        {
            if (_isOver)
                return;
            Drop(assembly);
            if (metadata is not null)
                EndLocked();
            else if (senders.Count > 1)
                _disputedSizes.Add(assembly.Size);
        }

        if (metadata is not null)
        {
            foreach (PeerConnection sender in senders)
                sender.HasGivenMetadata = true;
            _received(metadata);
            return;
        }

        if (senders.Count == 1)
            _ban(senders.First(), "Its metadata does not match the torrent.");
        AskMore();
    }

    private bool IsGenuine(byte[] metadata) => _magnet.TorrentId.MatchesInfo(metadata);

    private static void Leave(MetadataSource source)
    {
        foreach (int piece in source.Asked.Keys)
            source.Assembly?.Release(piece);
        source.Asked.Clear();
        source.Assembly = null;
    }

    private long After(long now, TimeSpan span) => now + (long)(span.TotalSeconds * _time.TimestampFrequency);

    private string Missing(int connected, int known, MetadataAssembly? best)
    {
        int having = _sources.Values.Count(source => source.Size is not null && source.Rejects < MostRejects);
        if (known == 0 && connected == 0)
            return "No peer is known yet.";
        if (connected == 0)
            return known == 1 ? "The only known peer could not be reached." : $"None of the {known} known peers could be reached.";
        if (having == 0)
            return connected == 1 ? "One peer is connected; it does not have the metadata." : $"{connected} peers are connected; none has the metadata.";
        string peers = having == 1 ? "one peer" : $"{having} peers";
        return best is { Received: > 0 }
            ? $"{best.Count - best.Received} of {best.Count} metadata pieces are still to come from {peers}."
            : $"The metadata has been requested; {peers} should have it.";
    }
}
