using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that does one thing to each of the torrents that it is given.</summary>
public abstract class ChangeTorrentCmdlet : NamedTorrentCmdlet
{
    /// <summary>Write how the torrents stand afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Change(Select());

    /// <summary>Does it to some torrents.</summary>
    private protected void Change(IReadOnlyList<TorrentTarget> torrents)
    {
        Run(async (output, cancellation) =>
        {
            foreach (TorrentTarget torrent in torrents)
                await ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
        });
    }

    /// <summary>Says what is done to a torrent, for who is asked.</summary>
    private protected abstract string Action(TorrentTarget torrent);

    /// <summary>Asks a torrent's patron to do it.</summary>
    private protected abstract Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation);

    /// <summary>Does it to one torrent.</summary>
    private protected virtual Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation) =>
        new TorrentCommander(output).DoAsync(torrent, Action(torrent), CommandAsync, PassThru, cancellation);
}
