using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Output;

/// <summary>A torrent's state as live tables show it. The views have script that shows the same.</summary>
internal static class StateText
{
    private const string Reset = "\e[0m";

    /// <summary>The state as a word that fits its column of 11 characters.</summary>
    /// <param name="status">The torrent.</param>
    public static string Plain(TorrentStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.State switch
        {
            TorrentState.FetchingMetadata => "Metadata",
            TorrentState.Downloading when status.IsStalled => "Stalled",
            _ => status.State.ToString(),
        };
    }

    /// <summary>The state in colour. PowerShell removes the colour if the host shows none.</summary>
    /// <param name="status">The torrent.</param>
    public static string Coloured(TorrentStatus status)
    {
        string text = Plain(status);
        string colour = status.State switch
        {
            TorrentState.Failed => "\e[31;1m",
            TorrentState.Seeding => "\e[32m",
            TorrentState.Downloading when status.IsStalled => "\e[33m",
            TorrentState.Downloading => "\e[36m",
            TorrentState.Checking or TorrentState.Moving or TorrentState.FetchingMetadata => "\e[33m",
            _ => "\e[90m",
        };
        return $"{colour}{text}{Reset}";
    }
}
