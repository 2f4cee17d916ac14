using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Does things to torrents.</summary>
/// <param name="output">Where the results go.</param>
/// <param name="time">The clock; by default the system's.</param>
internal sealed class TorrentCommander(ICommandOutput output, TimeProvider? time = null)
{
    /// <summary>Does something to a torrent, if that is agreed to; a failure is reported, and progress shown where it takes long.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="action">What is done, for who is asked; null: nobody is asked.</param>
    /// <param name="command">Asks the patron for it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null where it was not agreed to or failed.</returns>
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
        await new PatientProgress(output, time ?? TimeProvider.System)
            .ShowUntilAsync(answering, progress.Note, cancellationToken).ConfigureAwait(false);
        TorrentAnswer answer = await answering.ConfigureAwait(false);
        if (answer is not CommandFail fail)
            return answer;
        await output.FailAsync(new CommandFailure(fail.Error, status)).ConfigureAwait(false);
        return null;
    }

    /// <summary>Does something to a torrent, as <see cref="AskAsync"/> does, and may write how it stands then.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="action">What is done, for who is asked.</param>
    /// <param name="command">Asks the patron for it.</param>
    /// <param name="passThru">Whether to write how the torrent stands then.</param>
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
