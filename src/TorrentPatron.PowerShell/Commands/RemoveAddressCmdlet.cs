using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that takes addresses of a kind away from torrents: trackers, web seeds.</summary>
/// <typeparam name="T">What a torrent has at such an address.</typeparam>
public abstract class RemoveAddressCmdlet<T> : ChangeTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>Those of the torrent at hand that are meant.</summary>
    private protected IReadOnlyList<T> Named { get; private set; } = [];

    /// <summary>The addresses and patterns that the cmdlet was given.</summary>
    private protected abstract string[] Texts { get; }

    /// <summary>Those of a torrent that some texts name.</summary>
    private protected abstract IReadOnlyList<T> Find(TorrentTarget torrent, string[] texts, NameSearch search);

    /// <summary>No torrent has what was given.</summary>
    private protected abstract TorrentError Missing(object given, NameSearch among);

    /// <summary>A masked address stands for several.</summary>
    private protected abstract TorrentError Ambiguous(string text, int count, TorrentStatus torrent);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(Missing(missing, _search), missing);
    }

    private protected override async Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation)
    {
        // A mask may hide a different key in each: none of them is removed by chance.
        foreach (string text in Texts.Where(text => text.Contains(MaskedAddress.Mask, StringComparison.Ordinal)))
        {
            if (Find(torrent, [text], _search) is { Count: > 1 } several)
            {
                await output.FailAsync(new CommandFailure(Ambiguous(text, several.Count, torrent.Status), text)).ConfigureAwait(false);
                return;
            }
        }

        Named = Find(torrent, Texts, _search);
        if (Named.Count > 0)
            await base.ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
    }
}
