using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Swarms;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>What may be wanted of a torrent that MonoTorrent lacks.</summary>
internal static class TorrentWishes
{
    private const string InOrder = "fetch pieces in their order";

    /// <summary>Refuses what is asked for and cannot be done.</summary>
    /// <exception cref="RefusedException">There is something of that.</exception>
    public static void Refuse(TorrentOptions options)
    {
        if (options.Sequential == true)
            throw new RefusedException(Lacking(InOrder));
    }

    /// <summary>What was chosen with another engine and is not met by this one: a warning, for it is kept for the other.</summary>
    public static IEnumerable<TorrentError> Unmet(TorrentChoices choices) => choices.Sequential ? [Lacking(InOrder)] : [];

    /// <summary>Nobody is known, nor whom to ask: the built-in engine would look in the DHT and in the local network.</summary>
    public static TorrentError Lonely { get; } = new(
        TorrentErrorId.NotSupported, "No tracker and no peer is known, and the engine MonoTorrent cannot find peers without.",
        "Add trackers or peers, or use the built-in engine.");

    /// <summary>Something that MonoTorrent cannot do.</summary>
    /// <param name="what">What, as what it "cannot".</param>
    public static TorrentError Lacking(string what) => new(
        TorrentErrorId.NotSupported, $"The engine MonoTorrent cannot {what}.", "Leave that out, or use the built-in engine.");
}
