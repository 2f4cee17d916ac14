namespace TorrentPatron.Protocol.Bencoding;

/// <summary>The limits for parsing a bencoded document.</summary>
public sealed record BencodeLimits
{
    /// <summary>The limits for a whole .torrent file.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>The deepest nesting of lists and dictionaries.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>The most values; each list, dictionary and key counts as one.</summary>
    public int MaxTokens { get; init; } = 3_000_000;
}
