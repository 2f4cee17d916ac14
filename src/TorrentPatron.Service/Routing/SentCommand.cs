using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>A command that the engine is carrying out, with the patron that asked.</summary>
/// <param name="requester">The patron that asked.</param>
/// <param name="torrent">The torrent that it is about.</param>
/// <param name="command">The command.</param>
internal sealed class SentCommand(IRequester requester, TorrentId torrent, TorrentCommand command)
{
    private readonly TaskCompletionSource<TorrentAnswer> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IRequester Requester => requester;

    public TorrentId Torrent => torrent;

    /// <summary>Warnings to add to the answer that the torrent has been started.</summary>
    public IReadOnlyList<TorrentError> Warnings { get; init; } = [];

    public bool IsStart => command is CreateNewTorrent;

    public Task<TorrentAnswer> Answered => _answered.Task;

    public void Answer(TorrentAnswer answer) => _answered.TrySetResult(answer);

    public void Fail(TorrentError error) => Answer(IsStart
        ? new TorrentStartFail(torrent, command.CorrelationId, error)
        : new CommandFail(torrent, command.CorrelationId, error));
}
