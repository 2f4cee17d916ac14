using System.Buffers;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Dht;

/// <summary>Writes the datagrams of DHT nodes (BEP 5, 32, 33, 42, 43, 51).</summary>
public static class KrpcWriter
{
    /// <summary>The bytes by which this client is known (BEP 20), and its version.</summary>
    private static ReadOnlySpan<byte> Version => "TP\0\u0001"u8;

    /// <summary>Makes the datagram of a question.</summary>
    public static byte[] Write(KrpcQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        writer.WriteKey("a"u8);
        writer.BeginDictionary();
        Write(writer, "id"u8, query.Sender);
        string method = WriteArguments(writer, query);
        writer.End();
        writer.Write("q"u8, method);
        if (query.IsReadOnly)
            writer.Write("ro"u8, 1);
        End(writer, query, "q"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Makes the datagram of an answer.</summary>
    public static byte[] Write(KrpcResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        WriteRequester(writer, response.Requester);
        writer.WriteKey("r"u8);
        writer.BeginDictionary();
        WriteValues(writer, response);
        writer.End();
        End(writer, response, "r"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Makes the datagram of an error.</summary>
    /// <param name="error">The error.</param>
    /// <param name="requester">The address at which who asked is seen (BEP 42).</param>
    public static byte[] Write(KrpcError error, IPEndPoint? requester)
    {
        ArgumentNullException.ThrowIfNull(error);
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        writer.WriteKey("e"u8);
        writer.BeginList();
        writer.WriteInteger(error.Code);
        writer.WriteString(error.Reason);
        writer.End();
        WriteRequester(writer, requester);
        End(writer, error, "e"u8);
        return buffer.WrittenSpan.ToArray();
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
                writer.Write("info_hash"u8, get.InfoHash.ToArray());
                WriteFlag(writer, "noseed"u8, get.NoSeeds);
                WriteFlag(writer, "scrape"u8, get.WantsScrape);
                WriteWant(writer, get.Want);
                return "get_peers";
            case AnnouncePeerQuery announce:
                WriteFlag(writer, "implied_port"u8, announce.IsPortImplied);
                writer.Write("info_hash"u8, announce.InfoHash.ToArray());
                writer.Write("port"u8, announce.Port);
                WriteFlag(writer, "seed"u8, announce.IsSeed);
                writer.Write("token"u8, announce.Token.Span);
                return "announce_peer";
            default:
                throw new ArgumentException($"There is no such question: {query.GetType().Name}.", nameof(query));
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
            writer.Write("samples"u8, samples.SelectMany(torrent => torrent.ToArray()).ToArray());
        }

        if (!response.Token.IsEmpty)
            writer.Write("token"u8, response.Token.Span);
        if (response.Peers is not { Count: > 0 } peers)
            return;
        writer.WriteKey("values"u8);
        writer.BeginList();
        foreach (IPEndPoint peer in peers)
            writer.WriteString(Pack(peer));
        writer.End();
    }

    private static void WriteNodes(
        BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<NodeContact>? nodes, AddressFamily family)
    {
        if (nodes is null)
            return;
        // Who has none says so under the name that every node knows.
        byte[] packed = CompactNodes.Write(nodes, family);
        if (packed.Length > 0 || (nodes.Count == 0 && family == AddressFamily.InterNetwork))
            writer.Write(key, packed);
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
        if (requester is not null)
            writer.Write("ip"u8, Pack(requester));
    }

    private static void WriteFlag(BencodeWriter writer, ReadOnlySpan<byte> key, bool value)
    {
        if (value)
            writer.Write(key, 1);
    }

    private static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, NodeId id)
    {
        Span<byte> bytes = stackalloc byte[NodeId.Length];
        id.CopyTo(bytes);
        writer.Write(key, bytes);
    }

    private static byte[] Pack(IPEndPoint endPoint) => CompactPeers.Write(
        [endPoint], endPoint.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : endPoint.AddressFamily);

    private static void End(BencodeWriter writer, KrpcMessage message, ReadOnlySpan<byte> kind)
    {
        writer.Write("t"u8, message.TransactionId.Span);
        writer.Write("v"u8, Version);
        writer.Write("y"u8, kind);
        writer.End();
    }
}
