namespace TorrentPatron.Protocol.Bencoding;

/// <summary>How much a bencoded document may ask of its reader.</summary>
public sealed record BencodeLimits
{
    /// <summary>The bounds for a whole .torrent file.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>How many lists and dictionaries may stand inside one another.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>How many values there may be, where each list, dictionary and key counts as one.</summary>
    public int MaxTokens { get; init; } = 3_000_000;
}
