namespace TorrentPatron.Protocol.Dht;

/// <summary>How far a lookup is with a node.</summary>
internal enum LookupNodeState
{
    /// <summary>Not asked yet.</summary>
    New,

    /// <summary>Asked; its answer is waited for.</summary>
    Asked,

    /// <summary>It has answered.</summary>
    Answered,

    /// <summary>It has not answered, or not as it should.</summary>
    Failed,
}
