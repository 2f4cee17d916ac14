using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>What a swarm notes of a connected peer. Guarded by the swarm's lock, but where it says otherwise.</summary>
internal sealed class PeerRecord
{
    /// <summary>Blocks nobody asked for after which a peer is dropped: a cancelled request may cross with its answer.</summary>
    public const int MostUnaskedBlocks = 1000;

    /// <summary>The pieces it has; null while it has told none, or where it has all.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>Whether it has every piece.</summary>
    public bool IsSeed { get; set; }

    /// <summary>Number of pieces that it has and we want.</summary>
    public int Interesting { get; set; }

    /// <summary>The piece it is fetching; only its own fill loop touches this.</summary>
    public ActivePiece? Current { get; set; }

    /// <summary>Whether it could take more requests than there were blocks for.</summary>
    public bool IsStarved { get; set; }

    /// <summary>Blocks received from it that nobody had asked for; only its receive loop touches this.</summary>
    public int UnaskedBlocks { get; set; }

    /// <summary>Bytes/s of payload from it.</summary>
    public long DownloadRate { get; set; }

    /// <summary>Bytes/s of payload to it.</summary>
    public long UploadRate { get; set; }

    /// <summary>Payload counts at the last tick.</summary>
    public long LastReceived { get; set; }

    /// <summary>Payload counts at the last tick.</summary>
    public long LastSent { get; set; }

    /// <summary>Whether it was unchoked by chance, to see what it gives.</summary>
    public bool IsOptimistic { get; set; }
}
