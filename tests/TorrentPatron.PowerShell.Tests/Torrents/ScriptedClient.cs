using System.Collections.Concurrent;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Tests.Torrents;

/// <summary>An engine without network or disk, whose torrents have the statuses that a test sets.</summary>
internal sealed class ScriptedClient : ITorrentClient
{
    private readonly Channel<TorrentMessage> _messages = Channel.CreateUnbounded<TorrentMessage>();
    private readonly ConcurrentDictionary<TorrentId, TorrentStatus> _statuses = new();

    public TorrentError? Refusal { get; set; }

    public TorrentError? Warning { get; init; }

    public string Name => "scripted";

    public ClientSettings Settings { get; set; } = new();

    public ChannelReader<TorrentMessage> Messages => _messages.Reader;

    public void Post(TorrentCommand command)
    {
        switch (command)
        {
            case CreateNewTorrent when Refusal is not null:
                var refused = (CreateNewTorrent)command;
                refused.ResumeStore.Dispose();
                Say(new TorrentStartFail(refused.Metainfo!.TorrentId, command.CorrelationId, Refusal));
                break;
            case CreateNewTorrent create:
                create.ResumeStore.Dispose();
                var status = new TorrentStatus
                {
                    Name = create.Metainfo!.Name,
                    InfoHash = create.Metainfo!.InfoHash.ToString(),
                    State = TorrentState.Downloading,
                    Destination = create.Destination,
                    Path = Path.Combine(create.Destination, create.Metainfo!.Name),
                    WantedSize = 1000,
                };
                _statuses[create.Metainfo!.TorrentId] = status;
                Say(new NewTorrentCreated(create.Metainfo!.TorrentId, command.CorrelationId, status));
                break;
            case CloseTorrent close when _statuses.TryRemove(close.TorrentId, out TorrentStatus? last):
                Say(new TorrentClosed(close.TorrentId, command.CorrelationId, last with { State = TorrentState.Stopped }));
                break;
            case CloseTorrent close:
                Say(new CommandFail(close.TorrentId, command.CorrelationId, new TorrentError(TorrentErrorId.TorrentNotFound, "No.", "No.")));
                break;
            default:
                throw new NotSupportedException();
        }
    }

    /// <summary>Changes a torrent's status, and publishes it.</summary>
    public void Change(TorrentId torrent, Func<TorrentStatus, TorrentStatus> change)
    {
        TorrentStatus status = _statuses[torrent] = change(_statuses[torrent]);
        Say(new TorrentStatusUpdate(torrent, status));
    }

    public TorrentStatus? GetStatus(TorrentId torrent) => _statuses.GetValueOrDefault(torrent);

    public IReadOnlyList<TorrentStatus> GetStatuses() => [.. _statuses.Values];

    public ClientStatus GetClientStatus() => new() { Engine = Name, Torrents = _statuses.Count, Warning = Warning };

    public ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private void Say(TorrentMessage message) => _messages.Writer.TryWrite(message);
}
