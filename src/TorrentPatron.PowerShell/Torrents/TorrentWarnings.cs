using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Tells the warnings of torrents that a cmdlet starts or waits for: each once, however long it lasts.</summary>
/// <param name="output">Where they go.</param>
internal sealed class TorrentWarnings(ICommandOutput output)
{
    /// <summary>Warnings of one torrent that are told at most.</summary>
    private const int MostOfOne = 20;

    private readonly Dictionary<string, HashSet<(string Id, string Message)>> _told = [];

    /// <summary>Tells what has not been told yet.</summary>
    /// <param name="status">How a torrent stands.</param>
    public async Task TellAsync(TorrentStatus status)
    {
        if (status.Warnings.Count == 0)
            return;
        if (!_told.TryGetValue(status.InfoHash, out HashSet<(string Id, string Message)>? told))
            _told[status.InfoHash] = told = [];
        foreach (TorrentError warning in status.Warnings)
        {
            if (told.Count < MostOfOne && told.Add((warning.Id, warning.Message)))
                await output.WarnAsync($"{status.Name}: {warning}").ConfigureAwait(false);
        }
    }
}
