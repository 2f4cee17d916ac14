using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Sends commands to torrents.</summary>
/// <param name="output">Receives the results.</param>
/// <param name="time">The clock; null means the system's.</param>
internal sealed class TorrentCommander(ICommandOutput output, TimeProvider? time = null)
{
    /// <summary>Sends a command to a torrent after confirmation; reports failures, and shows progress if it takes long.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="action">The action to confirm; null asks for no confirmation.</param>
    /// <param name="command">Sends the command to the patron.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null if the user declined or it failed.</returns>
    public async Task<TorrentAnswer?> AskAsync(
        TorrentTarget torrent,
        string? action,
        Func<TorrentTarget, CancellationToken, Task<TorrentAnswer>> command,
        CancellationToken cancellationToken)
    {
        TorrentStatus status = torrent.Status;
        if (action is not null && !await output.ShouldProcessAsync($"{status.Name} ({status.InfoHash})", action).ConfigureAwait(false))
            return null;

        Task<TorrentAnswer> answering = command(torrent, cancellationToken);
        var progress = new WaitProgress([torrent]);
        await new DelayedProgress(output, time ?? TimeProvider.System)
            .ShowUntilAsync(answering, progress.Note, cancellationToken).ConfigureAwait(false);
        TorrentAnswer answer = await answering.ConfigureAwait(false);
        if (answer is not CommandFail fail)
            return answer;
        await output.FailAsync(new CommandFailure(fail.Error, status)).ConfigureAwait(false);
        return null;
    }

    /// <summary>Sends a command to a torrent as <see cref="AskAsync"/> does, and may write the torrent's status afterwards.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="action">The action to confirm.</param>
    /// <param name="command">Sends the command to the patron.</param>
    /// <param name="passThru">Whether to write the torrent's status afterwards.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task DoAsync(
        TorrentTarget torrent,
        string action,
        Func<TorrentTarget, CancellationToken, Task<TorrentAnswer>> command,
        bool passThru,
        CancellationToken cancellationToken)
    {
        TorrentAnswer? answer = await AskAsync(torrent, action, command, cancellationToken).ConfigureAwait(false);
        TorrentStatus? status = answer switch
        {
            CommandDone done => done.Status,
            TorrentClosed closed => closed.Status,
            _ => null,
        };
        if (passThru && status is not null)
            await output.EmitAsync(status).ConfigureAwait(false);
    }
}
