using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Fetches a torrent's metadata from its peers (BEP 9): from several at once, piece by piece, until what they have sent together
/// has the hash that the magnet link names. Thread-safe.
/// </summary>
/// <remarks>
/// A piece cannot be checked by itself. Where pieces of several peers make a wrong whole, each is asked for all of it from then on, so
/// that whoever lies is found; and what peers claim the size to be is taken at its word beside other claims, within bounds.
/// </remarks>
internal sealed class MetadataFetcher : IPeerExtension
{
    /// <summary>Pieces that one peer is asked for at once.</summary>
    private const int MostAsked = 4;

    /// <summary>Requests that a peer may refuse; then it is not asked again.</summary>
    private const int MostRejects = 50;

    /// <summary>Pieces that a peer may send without being asked.</summary>
    private const int MostUnasked = 100;

    /// <summary>Wholes that are put together at once, of different sizes or from different peers.</summary>
    private const int MostAssemblies = 3;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AssemblyTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly MagnetLink _magnet;
    private readonly DiskWorkers _workers;
    private readonly TimeProvider _time;
    private readonly FaultHandler _faults;
    private readonly Action<PeerConnection, string> _ban;
    private readonly Action<byte[]> _received;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerConnection, MetadataSource> _sources = [];
    private readonly List<MetadataAssembly> _assemblies = [];
    private readonly HashSet<int> _disputedSizes = [];
    private int _peersAsked;
    private bool _isOver;

    /// <summary>Makes a fetcher, which asks whoever says that it has the metadata.</summary>
    /// <param name="magnet">What the metadata must hash to.</param>
    /// <param name="engine">The clock, and the threads that hash.</param>
    /// <param name="ban">Shuts out a peer that has lied.</param>
    /// <param name="received">Takes the metadata, once. Called on any thread, without a lock.</param>
    public MetadataFetcher(MagnetLink magnet, EngineResources engine, Action<PeerConnection, string> ban, Action<byte[]> received)
    {
        _magnet = magnet;
        _workers = engine.DiskWorkers;
        _time = engine.Time;
        _faults = engine.Faults;
        _ban = ban;
        _received = received;
    }

    /// <inheritdoc/>
    public string Name => MetadataMessage.Extension;

    /// <inheritdoc/>
    public int MaxLength => MetadataMessage.MaxLength;

    /// <summary>How far it is, as far as peers are concerned: all but <see cref="MetadataProgress.Since"/>.</summary>
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
                _sources.Add(peer, source = new MetadataSource(peer));
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
            return "Its metadata message is none.";
        switch (message.Kind)
        {
            case MetadataMessageKind.Request:
                // Nothing to give yet.
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
            _assemblies.RemoveAll(assembly => assembly.Only == peer && !assembly.IsComplete);
        }

        AskMore();
    }

    /// <summary>Takes requests back that are not answered, and asks others; called about once a second.</summary>
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

    /// <summary>Asks every peer that has the metadata for as much as it should be asked for.</summary>
    private void AskMore()
    {
        var requests = new List<(PeerConnection Peer, int Piece)>();
        lock (_gate)
        {
            if (_isOver)
                return;
            long now = _time.GetTimestamp();
            foreach (MetadataSource source in _sources.Values)
                Ask(source, now, requests);
        }

        // Without the lock: a connection may turn out to be broken, and its peer leaves.
        foreach ((PeerConnection peer, int piece) in requests)
            peer.Extensions.TryAdd(this, MetadataMessage.WriteRequest(piece));
        foreach (PeerConnection peer in requests.Select(request => request.Peer).Distinct())
            peer.Sender.Flush();
    }

    private void Ask(MetadataSource source, long now, List<(PeerConnection Peer, int Piece)> requests)
    {
        if (source.Size is not int size || source.Rejects >= MostRejects || source.RestUntil > now)
            return;
        if (source.Assembly is null || !_assemblies.Contains(source.Assembly))
        {
            source.Asked.Clear();
            source.Assembly = FindAssembly(source.Peer, size, now);
        }

        if (source.Assembly is not { } assembly)
            return;
        while (source.Asked.Count < MostAsked)
        {
            int piece = assembly.Take(source.Asked.ContainsKey, now);
            if (piece < 0)
                return;
            if (!source.WasAsked)
                _peersAsked++;
            source.WasAsked = true;
            source.Asked.Add(piece, now);
            requests.Add((source.Peer, piece));
        }
    }

    /// <summary>What the pieces of a peer go to; null: there is no room for it now.</summary>
    private MetadataAssembly? FindAssembly(PeerConnection peer, int size, long now)
    {
        PeerConnection? only = _disputedSizes.Contains(size) ? peer : null;
        if (_assemblies.Find(assembly => assembly.Size == size && assembly.Only == only) is { } known)
            return known;
        if (_assemblies.Count >= MostAssemblies)
        {
            // Who claims a size and then gives nothing, or little, must not keep out who would.
            MetadataAssembly? idlest = _assemblies.Where(assembly => IsOverdue(assembly, now)).MinBy(assembly => assembly.LastProgress);
            if (idlest is null)
                return null;
            _assemblies.Remove(idlest);
        }

        var assembly = new MetadataAssembly(size, only, now, _time);
        _assemblies.Add(assembly);
        return assembly;
    }

    private bool IsOverdue(MetadataAssembly assembly, long now) => !assembly.IsComplete
        && (_time.GetElapsedTime(assembly.LastProgress, now) > RequestTimeout || _time.GetElapsedTime(assembly.BegunAt, now) > AssemblyTimeout);

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
                return source is not null && ++source.Unasked > MostUnasked ? "It sends metadata that nobody asked for." : null;
            }

            assembly.Release(message.Piece);
            if (message.TotalSize != assembly.Size || message.Data.Length != MetadataMessage.LengthOf(message.Piece, assembly.Size))
                return "Its metadata is of another size than it said.";
            if (_assemblies.Contains(assembly) && !assembly.IsComplete)
            {
                peer.HasGivenMetadata = true;
                assembly.Put(message.Piece, message.Data, peer, _time.GetTimestamp());
                if (assembly.IsComplete)
                    complete = assembly;
            }
        }

        if (complete is not null)
            _faults.Watch(VerifyAsync(complete), _magnet.TorrentId, "verifying of metadata");
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
            // Rejects that answer nothing count as well: both are messages without use.
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
            byte[] all = assembly.ToArray();
            return IsGenuine(all) ? all : null;
        }).ConfigureAwait(false);

        IReadOnlyCollection<PeerConnection> senders = assembly.Senders;
        lock (_gate)
        {
            if (_isOver)
                return;
            _isOver = metadata is not null;
            _assemblies.Remove(assembly);
            if (metadata is null && senders.Count > 1)
                _disputedSizes.Add(assembly.Size);
        }

        if (metadata is not null)
        {
            _received(metadata);
            return;
        }

        if (senders.Count == 1)
            _ban(senders.First(), "Its metadata is not that of the torrent.");
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
            return known == 1 ? "The one known peer has not been reached." : $"None of the {known} known peers has been reached.";
        if (having == 0)
            return connected == 1 ? "One peer is connected; it does not have the metadata." : $"{connected} peers are connected; none has the metadata.";
        string peers = having == 1 ? "one peer" : $"{having} peers";
        return best is { Received: > 0 }
            ? $"{best.Count - best.Received} of {best.Count} pieces of the metadata are still to come from {peers}."
            : $"The metadata is being asked for; {peers} should have it.";
    }
}
