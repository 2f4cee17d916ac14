using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Writes the warnings of torrents that a cmdlet starts or waits for: each once, however long it lasts.</summary>
/// <param name="output">Receives the warnings.</param>
internal sealed class TorrentWarnings(ICommandOutput output)
{
    /// <summary>Maximum number of warnings for one torrent.</summary>
    private const int MostOfOne = 20;

    private readonly Dictionary<string, HashSet<(string Id, string Message)>> _told = [];

    /// <summary>Writes new warnings.</summary>
    /// <param name="status">A torrent's status.</param>
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
