using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Metadata;

/// <summary>A peer as one that may have the metadata. Guarded by its fetcher's lock.</summary>
/// <param name="peer">The peer.</param>
internal sealed class MetadataSource(PeerConnection peer)
{
    /// <summary>Who it is.</summary>
    public PeerConnection Peer => peer;

    /// <summary>The size that it claims; null: it has said that it has none.</summary>
    public int? Size { get; set; }

    /// <summary>What it is asked for pieces of; null while it is not.</summary>
    public MetadataAssembly? Assembly { get; set; }

    /// <summary>The pieces it is asked for, and since when; timestamps of the clock.</summary>
    public Dictionary<int, long> Asked { get; } = [];

    /// <summary>Requests that it has refused.</summary>
    public int Rejects { get; set; }

    /// <summary>Pieces that it has sent without being asked, or too late.</summary>
    public int Unasked { get; set; }

    /// <summary>When what it claims was begun to be put together last, counted in such turns; else when it came.</summary>
    public long LastTurn { get; set; }

    /// <summary>Whether it has been asked for anything.</summary>
    public bool WasAsked { get; set; }

    /// <summary>Until when it is left alone; a timestamp of the clock.</summary>
    public long RestUntil { get; set; }
}
