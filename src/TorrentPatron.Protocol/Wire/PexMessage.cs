using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Wire;

/// <summary>
/// Peer exchange: the peers that the sender connected to and lost since its last message (BEP 11, <c>ut_pex</c>).
/// </summary>
public sealed record PexMessage
{
    /// <summary>The extension's name in the handshake (BEP 10).</summary>
    public const string ExtensionName = "ut_pex";

    /// <summary>The most peers added, and the most dropped, in one message, IPv4 and IPv6 together.</summary>
    public const int MaxPeers = 50;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64 };

    /// <summary>Peers that the sender has connected to, without port 0.</summary>
    public IReadOnlyList<PexPeer> Added { get; init; } = [];

    /// <summary>Peers that the sender is no longer connected to.</summary>
    public IReadOnlyList<IPEndPoint> Dropped { get; init; } = [];

    /// <summary>Reads the payload. Peers beyond <see cref="MaxPeers"/>, and repeated addresses, are ignored.</summary>
    /// <param name="payload">What follows the extended message's number.</param>
    /// <param name="message">The message, where the payload is one.</param>
    /// <returns>False if the payload is not a dictionary, or a list contains an incomplete address.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out PexMessage? message)
    {
        message = null;
        BencodeElement root;
        try
        {
            root = BencodeDocument.ParsePrefix(payload, out _, Limits).Root;
        }
        catch (BencodeException)
        {
            return false;
        }

        var added = new List<PexPeer>();
        var dropped = new List<PexPeer>();
        bool isWhole = root.Kind == BencodeKind.Dictionary
            && ReadPeers(Bytes(root, "added"u8), Bytes(root, "added.f"u8), AddressFamily.InterNetwork, added)
            && ReadPeers(Bytes(root, "added6"u8), Bytes(root, "added6.f"u8), AddressFamily.InterNetworkV6, added)
            && ReadPeers(Bytes(root, "dropped"u8), [], AddressFamily.InterNetwork, dropped)
            && ReadPeers(Bytes(root, "dropped6"u8), [], AddressFamily.InterNetworkV6, dropped);
        if (isWhole)
            message = new PexMessage { Added = added, Dropped = [.. dropped.Select(peer => peer.EndPoint)] };
        return isWhole;
    }

    /// <summary>Writes the payload.</summary>
    /// <exception cref="InvalidOperationException">More than <see cref="MaxPeers"/> are added or dropped.</exception>
    public byte[] ToBytes()
    {
        if (Added.Count > MaxPeers || Dropped.Count > MaxPeers)
            throw new InvalidOperationException($"A message can name at most {MaxPeers} peers.");

        var buffer = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        WriteAdded(writer, "added"u8, "added.f"u8, AddressFamily.InterNetwork);
        WriteAdded(writer, "added6"u8, "added6.f"u8, AddressFamily.InterNetworkV6);
        writer.Write("dropped"u8, CompactPeers.Write(Dropped, AddressFamily.InterNetwork));
        writer.Write("dropped6"u8, CompactPeers.Write(Dropped, AddressFamily.InterNetworkV6));
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    private static bool ReadPeers(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> flags, AddressFamily family, List<PexPeer> peers)
    {
        int length = family == AddressFamily.InterNetwork ? CompactPeers.IPv4Length : CompactPeers.IPv6Length;
        var one = new List<IPEndPoint>(1);
        for (int i = 0; (i + 1) * length <= packed.Length && peers.Count < MaxPeers; i++)
        {
            one.Clear();
            CompactPeers.Read(packed.Slice(i * length, length), family, one, limit: 1);
            if (one is [{ } endPoint] && !peers.Exists(peer => IsSame(peer.EndPoint, endPoint)))
                peers.Add(new PexPeer(endPoint, i < flags.Length ? (PexFlags)flags[i] : PexFlags.None));
        }

        return packed.Length % length == 0;
    }

    // On one machine or local network many peers with one address are normal, for example in tests.
    private static bool IsSame(IPEndPoint known, IPEndPoint endPoint) => known.Equals(endPoint)
        || (known.Address.Equals(endPoint.Address) && AddressReaches.Of(endPoint.Address) == AddressReach.Global);

    private static ReadOnlySpan<byte> Bytes(BencodeElement root, ReadOnlySpan<byte> key) =>
        root.TryGet(key, out BencodeElement element) && element.TryGetBytes(out ReadOnlyMemory<byte> bytes) ? bytes.Span : [];

    private void WriteAdded(BencodeWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> flagsKey, AddressFamily family)
    {
        PexPeer[] peers = [.. Added.Where(peer => FamilyOf(peer.EndPoint) == family)];
        writer.Write(key, CompactPeers.Write(peers.Select(peer => peer.EndPoint), family));
        writer.Write(flagsKey, peers.Select(peer => (byte)peer.Flags).ToArray());
    }

    private static AddressFamily FamilyOf(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : endPoint.AddressFamily;
}
