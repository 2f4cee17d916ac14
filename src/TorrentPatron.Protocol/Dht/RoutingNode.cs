using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>A node in a routing table.</summary>
internal sealed class RoutingNode(NodeContact contact, TimeSpan now)
{
    /// <summary>Time without a message after which a node is questionable (BEP 5).</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(15);

    /// <summary>Consecutive missing answers after which a node is bad (BEP 5).</summary>
    private const int BadAfter = 2;

    public NodeContact Contact { get; } = contact;

    public IPEndPoint EndPoint => Contact.EndPoint;

    /// <summary>When it last answered or sent a query.</summary>
    public TimeSpan LastSeen { get; set; } = now;

    /// <summary>Consecutive missing answers.</summary>
    public int Failures { get; set; }

    /// <summary>Whether its id matches its address (BEP 42).</summary>
    public bool HasValidId { get; } = SecureNodeId.IsValid(contact.Id, contact.EndPoint.Address);

    public bool IsBad => Failures >= BadAfter;

    public bool IsQuestionable(TimeSpan now) => Failures > 0 || now - LastSeen >= Freshness;
}
