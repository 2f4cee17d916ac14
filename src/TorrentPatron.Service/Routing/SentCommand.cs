using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>A command on its way through the engine, with its return address.</summary>
/// <param name="patron">Who asked.</param>
/// <param name="torrent">Which torrent it is about.</param>
/// <param name="command">The command itself.</param>
internal sealed class SentCommand(Patron patron, InfoHash torrent, TorrentCommand command)
{
    // Continues on the reader of the engine's messages, and on purpose: so the answer is in its patron's queue before the
    // next message is looked at. What follows there must not block, and does not.
    private readonly TaskCompletionSource<TorrentAnswer> _answered = new();

    public Patron Patron => patron;

    public InfoHash Torrent => torrent;

    public bool IsStart => command is CreateNewTorrent;

    public Task<TorrentAnswer> Answered => _answered.Task;

    public void Answer(TorrentAnswer answer) => _answered.TrySetResult(answer);

    public void Fail(TorrentError error) => Answer(IsStart
        ? new TorrentStartFail(torrent, command.CorrelationId, error)
        : new CommandFail(torrent, command.CorrelationId, error));
}
