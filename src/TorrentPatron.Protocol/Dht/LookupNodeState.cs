namespace TorrentPatron.Protocol.Dht;

/// <summary>The state of a node in a lookup.</summary>
internal enum LookupNodeState
{
    /// <summary>Not queried yet.</summary>
    New,

    /// <summary>Queried, without an answer yet.</summary>
    Asked,

    /// <summary>It has answered.</summary>
    Answered,

    /// <summary>It has not answered, or its answer was invalid.</summary>
    Failed,
}
