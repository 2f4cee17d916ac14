using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Metadata;

/// <summary>A peer that may have the metadata. Guarded by its fetcher's lock.</summary>
/// <param name="peer">The peer.</param>
internal sealed class MetadataSource(PeerConnection peer)
{
    /// <summary>The peer.</summary>
    public PeerConnection Peer => peer;

    /// <summary>The size that it claims; null if it has said that it has none.</summary>
    public int? Size { get; set; }

    /// <summary>The assembly that it is asked for; null if there is none.</summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>The pieces requested from it, and when; timestamps of the clock.</summary>
    public Dictionary<int, long> Asked { get; } = [];

    /// <summary>Requests that it has rejected.</summary>
    public int Rejects { get; set; }

    /// <summary>Pieces that it has sent unrequested or too late.</summary>
    public int Unasked { get; set; }

    /// <summary>The turn in which an assembly of its claimed size last began; otherwise the turn in which it came.</summary>
    public long LastTurn { get; set; }

    /// <summary>Whether it has been sent any request.</summary>
    public bool WasAsked { get; set; }

    /// <summary>When it may be asked again; a timestamp of the clock.</summary>
    public long RestUntil { get; set; }
}
