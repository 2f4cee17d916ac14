using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>The datagrams of UDP trackers (BEP 15), with the announce URL's path and query as options (BEP 41).</summary>
/// <remarks>
/// A conversation is a connect request, whose answer gives a connection id, and then an announce request under that id.
/// </remarks>
public static class UdpTrackerCodec
{
    /// <summary>Length in bytes of a connect request.</summary>
    public const int ConnectRequestLength = 16;

    private const ulong ProtocolId = 0x41727101980;
    private const int HeaderLength = 8;
    private const int ConnectAnswerLength = 16;
    private const int AnnounceRequestLength = 98;
    private const int AnnounceAnswerLength = 20;
    private const int ScrapeRequestLength = 36;
    private const int ScrapeAnswerLength = 20;
    private const int MaxUrlData = 1_024;
    private const byte UrlDataOption = 2;

    private enum UdpAction : uint
    {
        Connect = 0,
        Announce = 1,
        Scrape = 2,
        Error = 3,
    }

    /// <summary>Makes a connect request.</summary>
    /// <param name="transactionId">A random number that the answer will repeat.</param>
    public static byte[] WriteConnect(uint transactionId)
    {
        var datagram = new byte[ConnectRequestLength];
        BinaryPrimitives.WriteUInt64BigEndian(datagram, ProtocolId);
        BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(8), (uint)UdpAction.Connect);
        BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(12), transactionId);
        return datagram;
    }

    /// <summary>Makes an announce request.</summary>
    /// <param name="connectionId">The connection id from the answer to the connect request.</param>
    /// <param name="transactionId">A random number that the answer will repeat.</param>
    /// <param name="announce">The tracker's announce URL; its path and query, which may contain a key, are sent too.</param>
    /// <param name="request">The announce.</param>
    public static byte[] WriteAnnounce(ulong connectionId, uint transactionId, Uri announce, AnnounceRequest request)
    {
        ArgumentNullException.ThrowIfNull(announce);
        ArgumentNullException.ThrowIfNull(request);
        ReadOnlySpan<byte> urlData = announce.PathAndQuery is "/" or "" ? [] : Encoding.ASCII.GetBytes(announce.PathAndQuery);
        if (urlData.Length > MaxUrlData)
            throw new TrackerFailureException("The announce address is too long for a UDP tracker.");

        int options = (urlData.Length + byte.MaxValue - 1) / byte.MaxValue;
        var datagram = new byte[AnnounceRequestLength + (options * 2) + urlData.Length];
        Span<byte> span = datagram;
        BinaryPrimitives.WriteUInt64BigEndian(span, connectionId);
        BinaryPrimitives.WriteUInt32BigEndian(span[8..], (uint)UdpAction.Announce);
        BinaryPrimitives.WriteUInt32BigEndian(span[12..], transactionId);
        request.InfoHash.CopyTo(span[16..]);
        request.PeerId.CopyTo(span[36..]);
        BinaryPrimitives.WriteInt64BigEndian(span[56..], request.Downloaded);
        BinaryPrimitives.WriteInt64BigEndian(span[64..], request.Left);
        BinaryPrimitives.WriteInt64BigEndian(span[72..], request.Uploaded);
        BinaryPrimitives.WriteInt32BigEndian(span[80..], (int)request.Event);
        // If it stays 0, the tracker uses the source address of the datagram.
        if (request.Address is { AddressFamily: AddressFamily.InterNetwork } own)
            own.TryWriteBytes(span[84..], out _);
        BinaryPrimitives.WriteUInt32BigEndian(span[88..], request.Key);
        BinaryPrimitives.WriteInt32BigEndian(span[92..], request.NumWant);
        BinaryPrimitives.WriteUInt16BigEndian(span[96..], request.Port);
        WriteUrlData(urlData, span[AnnounceRequestLength..]);
        return datagram;
    }

    /// <summary>Creates a scrape request.</summary>
    /// <param name="connectionId">The connection id from the answer to the connect request.</param>
    /// <param name="transactionId">A random number that the answer will repeat.</param>
    /// <param name="torrent">The swarm.</param>
    public static byte[] WriteScrape(ulong connectionId, uint transactionId, InfoHash torrent)
    {
        var datagram = new byte[ScrapeRequestLength];
        BinaryPrimitives.WriteUInt64BigEndian(datagram, connectionId);
        BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(8), (uint)UdpAction.Scrape);
        BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(12), transactionId);
        torrent.CopyTo(datagram.AsSpan(16));
        return datagram;
    }

    /// <summary>Reads the answer to <see cref="WriteScrape"/>.</summary>
    /// <param name="datagram">The answer.</param>
    /// <param name="transactionId">The transaction id of the request.</param>
    /// <exception cref="TrackerFailureException">The tracker refused, or this is not the answer.</exception>
    public static ScrapeResponse ReadScrape(ReadOnlySpan<byte> datagram, uint transactionId)
    {
        CheckAnswer(datagram, transactionId, UdpAction.Scrape, ScrapeAnswerLength);
        return new ScrapeResponse(
            Seeders: Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(datagram[8..])),
            Leechers: Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(datagram[16..])),
            Completed: Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(datagram[12..])));
    }

    /// <summary>Reads the transaction id of an answer.</summary>
    /// <param name="datagram">A received datagram.</param>
    /// <param name="transactionId">Its transaction id.</param>
    /// <returns>Whether the datagram is long enough to be an answer at all.</returns>
    public static bool TryReadTransactionId(ReadOnlySpan<byte> datagram, out uint transactionId)
    {
        bool isAnswer = datagram.Length >= HeaderLength;
        transactionId = isAnswer ? BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) : 0;
        return isAnswer;
    }

    /// <summary>Reads the answer to a connect request.</summary>
    /// <param name="datagram">The answer.</param>
    /// <param name="transactionId">The transaction id of the request.</param>
    /// <returns>The connection id for later requests.</returns>
    /// <exception cref="TrackerFailureException">The tracker refused, or this is not the answer.</exception>
    public static ulong ReadConnect(ReadOnlySpan<byte> datagram, uint transactionId)
    {
        CheckAnswer(datagram, transactionId, UdpAction.Connect, ConnectAnswerLength);
        return BinaryPrimitives.ReadUInt64BigEndian(datagram[8..]);
    }

    /// <summary>Reads the answer to an announce request.</summary>
    /// <param name="datagram">The answer.</param>
    /// <param name="transactionId">The transaction id of the request.</param>
    /// <param name="family">The address family of the announce, which its peers have too.</param>
    /// <exception cref="TrackerFailureException">The tracker refused, or this is not the answer.</exception>
    public static AnnounceResponse ReadAnnounce(ReadOnlySpan<byte> datagram, uint transactionId, AddressFamily family)
    {
        CheckAnswer(datagram, transactionId, UdpAction.Announce, AnnounceAnswerLength);
        var peers = new List<IPEndPoint>();
        CompactPeers.Read(datagram[AnnounceAnswerLength..], family, peers, AnnounceResponse.MaxPeers);
        return new AnnounceResponse
        {
            Interval = AnnounceResponse.ClampInterval(BinaryPrimitives.ReadInt32BigEndian(datagram[8..])),
            Leechers = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(datagram[12..])),
            Seeders = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(datagram[16..])),
            Peers = peers,
        };
    }

    // An option holds at most 255 bytes; longer data continues in further options of the same kind.
    private static void WriteUrlData(ReadOnlySpan<byte> urlData, Span<byte> destination)
    {
        while (!urlData.IsEmpty)
        {
            int length = Math.Min(urlData.Length, byte.MaxValue);
            destination[0] = UrlDataOption;
            destination[1] = (byte)length;
            urlData[..length].CopyTo(destination[2..]);
            urlData = urlData[length..];
            destination = destination[(2 + length)..];
        }
    }

    private static void CheckAnswer(ReadOnlySpan<byte> datagram, uint transactionId, UdpAction expected, int minimumLength)
    {
        if (!TryReadTransactionId(datagram, out uint answered) || answered != transactionId)
            throw new TrackerFailureException("The tracker's answer matches no request.");

        var action = (UdpAction)BinaryPrimitives.ReadUInt32BigEndian(datagram);
        if (action == UdpAction.Error)
            throw new TrackerFailureException(TrackerText.Refusal(datagram[HeaderLength..]));

        if (action != expected)
            throw new TrackerFailureException("The tracker's answer does not match the request.");

        if (datagram.Length < minimumLength)
            throw new TrackerFailureException("The tracker's answer is too short.");
    }
}
