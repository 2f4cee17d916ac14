using System.Buffers;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Writes the datagrams of DHT nodes (BEP 5, 32, 33, 42, 43, 51), all into one buffer. Not thread-safe.
/// </summary>
public sealed class KrpcWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1_500);
    private readonly BencodeWriter _writer;

    /// <summary>Makes a writer.</summary>
    public KrpcWriter() => _writer = new BencodeWriter(_buffer);

    /// <summary>This client's id (BEP 20) and version.</summary>
    private static ReadOnlySpan<byte> Version => "TP\0\u0001"u8;

    /// <summary>Writes the datagram of a query.</summary>
    /// <returns>The datagram; its bytes are reused by the next call.</returns>
    public ReadOnlyMemory<byte> Write(KrpcQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Write(query, query.TransactionId.Span);
    }

    /// <summary>Writes the datagram of a query with another transaction id.</summary>
    /// <param name="query">The query.</param>
    /// <param name="transactionId">The transaction id, at most 32 bytes.</param>
    /// <returns>The datagram; its bytes are reused by the next call.</returns>
    public ReadOnlyMemory<byte> Write(KrpcQuery query, ReadOnlySpan<byte> transactionId)
    {
        ArgumentNullException.ThrowIfNull(query);
        BencodeWriter writer = Begin();
        writer.WriteKey("a"u8);
        writer.BeginDictionary();
        Write(writer, "id"u8, query.Sender);
        string method = WriteArguments(writer, query);
        writer.End();
        writer.Write("q"u8, method);
        if (query.IsReadOnly)
            writer.Write("ro"u8, 1);
        return End(transactionId, "q"u8);
    }

    /// <summary>Writes the datagram of an answer.</summary>
    /// <returns>The datagram; its bytes are reused by the next call.</returns>
    public ReadOnlyMemory<byte> Write(KrpcResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        BencodeWriter writer = Begin();
        WriteRequester(writer, response.Requester);
        writer.WriteKey("r"u8);
        writer.BeginDictionary();
        WriteValues(writer, response);
        writer.End();
        return End(response.TransactionId.Span, "r"u8);
    }

    /// <summary>Writes the datagram of an error.</summary>
    /// <param name="error">The error.</param>
    /// <param name="requester">The querying node's address as we see it (BEP 42).</param>
    /// <returns>The datagram; its bytes are reused by the next call.</returns>
    public ReadOnlyMemory<byte> Write(KrpcError error, IPEndPoint? requester)
    {
        ArgumentNullException.ThrowIfNull(error);
        BencodeWriter writer = Begin();
        writer.WriteKey("e"u8);
        writer.BeginList();
        writer.WriteInteger(error.Code);
        writer.WriteString(error.Reason);
        writer.End();
        WriteRequester(writer, requester);
        return End(error.TransactionId.Span, "e"u8);
    }

    /// <summary>Begins a datagram, discarding one that an exception left unfinished.</summary>
    private BencodeWriter Begin()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _writer.BeginDictionary();
        return _writer;
    }

    private ReadOnlyMemory<byte> End(ReadOnlySpan<byte> transactionId, ReadOnlySpan<byte> kind)
    {
        _writer.Write("t"u8, transactionId);
        _writer.Write("v"u8, Version);
        _writer.Write("y"u8, kind);
        _writer.End();
        return _buffer.WrittenMemory;
    }

    private static string WriteArguments(BencodeWriter writer, KrpcQuery query)
    {
        switch (query)
        {
            case PingQuery:
                return "ping";
            case FindNodeQuery find:
                Write(writer, "target"u8, find.Target);
                WriteWant(writer, find.Want);
                return "find_node";
            case SampleInfoHashesQuery sample:
                Write(writer, "target"u8, sample.Target);
                WriteWant(writer, sample.Want);
                return "sample_infohashes";
            case GetPeersQuery get:
                Write(writer, "info_hash"u8, get.InfoHash);
                WriteFlag(writer, "noseed"u8, get.NoSeeds);
                WriteFlag(writer, "scrape"u8, get.WantsScrape);
                WriteWant(writer, get.Want);
                return "get_peers";
            case AnnouncePeerQuery announce:
                WriteFlag(writer, "implied_port"u8, announce.IsPortImplied);
                Write(writer, "info_hash"u8, announce.InfoHash);
                writer.Write("port"u8, announce.Port);
                WriteFlag(writer, "seed"u8, announce.IsSeed);
                writer.Write("token"u8, announce.Token.Span);
                return "announce_peer";
            default:
                throw new ArgumentException($"The query type {query.GetType().Name} is not supported.", nameof(query));
        }
    }

    private static void WriteValues(BencodeWriter writer, KrpcResponse response)
    {
        if (response.PeerFilter is { } peerFilter)
            writer.Write("BFpe"u8, peerFilter.Bytes);
        if (response.SeedFilter is { } seedFilter)
            writer.Write("BFsd"u8, seedFilter.Bytes);
        Write(writer, "id"u8, response.Sender);
        if (response.Samples is not null)
            writer.Write("interval"u8, response.SampleInterval);
        WriteNodes(writer, "nodes"u8, response.Nodes, AddressFamily.InterNetwork);
        WriteNodes(writer, "nodes6"u8, response.Nodes, AddressFamily.InterNetworkV6);
        if (response.Samples is { } samples)
        {
            writer.Write("num"u8, response.TorrentCount);
            writer.WriteKey("samples"u8);
            Span<byte> place = writer.ReserveString(samples.Count * InfoHash.Length);
            for (int i = 0; i < samples.Count; i++)
                samples[i].CopyTo(place[(i * InfoHash.Length)..]);
        }

        if (!response.Token.IsEmpty)
            writer.Write("token"u8, response.Token.Span);
        if (response.Peers is not { Count: > 0 } peers)
            return;
        writer.WriteKey("values"u8);
        writer.BeginList();
        for (int i = 0; i < peers.Count; i++)
            WriteAddress(writer, peers[i]);
        writer.End();
    }

    private static void WriteNodes(
        BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<NodeContact>? nodes, AddressFamily family)
    {
        if (nodes is null)
            return;
        // A node without any says so under the key that every node knows.
        if (CompactNodes.Count(nodes, family) > 0 || (nodes.Count == 0 && family == AddressFamily.InterNetwork))
            CompactNodes.Write(writer, key, nodes, family);
    }

    private static void WriteWant(BencodeWriter writer, NodeFamilies want)
    {
        if (want == NodeFamilies.None)
            return;
        writer.WriteKey("want"u8);
        writer.BeginList();
        if (want.HasFlag(NodeFamilies.IPv4))
            writer.WriteString("n4"u8);
        if (want.HasFlag(NodeFamilies.IPv6))
            writer.WriteString("n6"u8);
        writer.End();
    }

    private static void WriteRequester(BencodeWriter writer, IPEndPoint? requester)
    {
        if (requester is null)
            return;
        writer.WriteKey("ip"u8);
        WriteAddress(writer, requester);
    }

    private static void WriteFlag(BencodeWriter writer, ReadOnlySpan<byte> key, bool value)
    {
        if (value)
            writer.Write(key, 1);
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, NodeId id)
    {
        writer.WriteKey(key);
        id.CopyTo(writer.ReserveString(NodeId.Length));
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, InfoHash torrent)
    {
        writer.WriteKey(key);
        torrent.CopyTo(writer.ReserveString(InfoHash.Length));
    }

    private static void WriteAddress(BencodeWriter writer, IPEndPoint endPoint) =>
        CompactPeers.Write(endPoint, writer.ReserveString(CompactPeers.LengthOf(CompactPeers.FamilyOf(endPoint))));
}
