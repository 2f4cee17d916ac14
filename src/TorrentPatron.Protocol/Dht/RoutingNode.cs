using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>What a routing table knows of a node.</summary>
internal sealed class RoutingNode(NodeContact contact, TimeSpan now)
{
    /// <summary>Time without a sign of life after which a node is questionable (BEP 5).</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(15);

    /// <summary>Answers missing in a row after which a node is bad (BEP 5).</summary>
    private const int BadAfter = 2;

    public NodeContact Contact { get; } = contact;

    public IPEndPoint EndPoint => Contact.EndPoint;

    /// <summary>When it last answered, or asked something.</summary>
    public TimeSpan LastSeen { get; set; } = now;

    /// <summary>Answers missing in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Whether its id fits its address (BEP 42).</summary>
    public bool HasValidId { get; } = SecureNodeId.IsValid(contact.Id, contact.EndPoint.Address);

    public bool IsBad => Failures >= BadAfter;

    public bool IsQuestionable(TimeSpan now) => Failures > 0 || now - LastSeen >= Freshness;
}
