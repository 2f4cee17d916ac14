using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Remote.Server;

/// <summary>
/// The pending messages for a client: the latest status of each changed torrent, and messages in order. Statuses are sent before messages, so
/// that a client that receives a message already has the status. Thread-safe.
/// </summary>
/// <remarks>
/// One loop writes everything that is there at once. While the client does not read, statuses replace older ones; messages other than status
/// updates are never dropped, but too many of them close the client's connection.
/// </remarks>
/// <param name="connection">The connection to the client.</param>
internal sealed class Outbox(RpcConnection connection) : IStatusWatcher
{
    /// <summary>Maximum number of pending messages before the client's connection is closed.</summary>
    private const int MostMessages = 10_000;

    /// <summary>Number of pending messages from which status updates are dropped: the statuses have the same content.</summary>
    private const int MostWithUpdates = 1_000;

    /// <summary>Maximum number of statuses, with their trackers and warnings, in one notification.</summary>
    private const int MostInPart = 500;

    private readonly Lock _gate = new(); // a leaf
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private Content _content = new();
    private HashSet<TorrentId>? _seen;
    private ClientSession? _session;
    private bool _isClosed;

    /// <inheritdoc/>
    public TorrentId? Torrent => null;

    private bool IsClosed
    {
        get
        {
            lock (_gate)
                return _isClosed;
        }
    }

    /// <summary>Follows the statuses of an engine from now on, beginning with the current ones.</summary>
    /// <param name="session">The engine; the same one as before changes nothing.</param>
    /// <returns>Whether it is a different engine.</returns>
    public bool Follow(ClientSession? session)
    {
        lock (_gate)
        {
            if (_isClosed || session is null || _session == session)
                return false;
            _session = session;
            _seen = [];
        }

        session.Add(this);
        if (IsClosed)
        {
            // It was closed before it could be removed.
            session.Remove(this);
            return false;
        }

        IReadOnlyList<TorrentStatus> statuses = session.GetStatuses();
        lock (_gate)
        {
            foreach (TorrentStatus status in statuses)
            {
                // A status that has arrived in the meantime is newer.
                if (TorrentId.TryParse(status.InfoHash, out TorrentId torrent) && _seen?.Contains(torrent) != true)
                    _content.Changed[torrent] = status;
            }

            _seen = null;
        }

        Signal();
        return true;
    }

    /// <inheritdoc/>
    public void See(TorrentId of, TorrentStatus status, bool isLast)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _seen?.Add(of);
            if (isLast)
            {
                _content.Changed.Remove(of);
                _content.Gone[of] = status;
            }
            else
            {
                _content.Changed[of] = status;
            }
        }

        Signal();
    }

    /// <inheritdoc/>
    public void End()
    {
        lock (_gate)
        {
            _session = null;
            _content.Changed.Clear();
            _content.IsReset = true;
        }

        Signal();
    }

    /// <summary>Adds a message.</summary>
    /// <param name="patron">The patron that it is for.</param>
    /// <param name="message">The message.</param>
    public void Put(Guid patron, TorrentMessage message)
    {
        bool isFull;
        lock (_gate)
        {
            int waiting = _content.Messages.Count;
            if (_isClosed || (message is TorrentStatusUpdate && waiting >= MostWithUpdates))
                return;
            isFull = waiting >= MostMessages;
            if (!isFull)
                _content.Messages.Add((patron, message));
        }

        if (isFull)
            Faults.Watch(connection.CloseAsync(ServerErrors.Overflow(MostMessages)), "end of a client that does not read");
        Signal();
    }

    /// <summary>Adds the service's settings.</summary>
    public void Put(ServiceDto service)
    {
        lock (_gate)
            _content.Service = service;
        Signal();
    }

    /// <summary>Completes when the client has received everything pending, or when the connection has ended.</summary>
    public Task FlushAsync()
    {
        Task flushed;
        lock (_gate)
        {
            if (_isClosed)
                return Task.CompletedTask;
            var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _content.Waiters.Add(told);
            flushed = told.Task;
        }

        Signal();
        return flushed;
    }

    /// <summary>Writes pending messages until the connection or the outbox ends.</summary>
    public async Task RunAsync()
    {
        try
        {
            await foreach (bool _ in _news.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                Content content;
                lock (_gate)
                    (content, _content) = (_content, new Content());
                try
                {
                    await WriteAsync(content).ConfigureAwait(false);
                }
                finally
                {
                    content.Told();
                }
            }
        }
        catch (TorrentException)
        {
            // The connection has ended.
        }
#pragma warning disable CA1031 // The root of the loop: its fault ends this client's connection.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "messages to a client", fault);
            await connection.CloseAsync(RemoteErrors.Fault).ConfigureAwait(false);
        }

        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClientSession? session;
        Content content;
        lock (_gate)
        {
            _isClosed = true;
            (session, _session) = (_session, null);
            (content, _content) = (_content, new Content());
        }

        session?.Remove(this);
        content.Told();
        _news.Writer.TryComplete();
    }

    private void Signal() => _news.Writer.TryWrite(true);

    private async Task WriteAsync(Content content)
    {
        if (content.IsReset || content.Service is not null)
            await TellAsync(new StatusesDto { IsReset = content.IsReset, Service = content.Service }).ConfigureAwait(false);
        foreach (StatusDto[] part in Parts(content.Gone.Values))
            await TellAsync(new StatusesDto { Gone = part }).ConfigureAwait(false);
        foreach (StatusDto[] part in Parts(content.Changed.Values))
            await TellAsync(new StatusesDto { Changed = part }).ConfigureAwait(false);
        foreach ((Guid patron, TorrentMessage message) in content.Messages)
        {
            MessageDto written = MessageDto.Of(message);
            written.Patron = patron;
            await connection.NotifyAsync(Methods.Message, written).ConfigureAwait(false);
        }
    }

    private async Task TellAsync(StatusesDto statuses) => await connection.NotifyAsync(Methods.Statuses, statuses).ConfigureAwait(false);

    private static IEnumerable<StatusDto[]> Parts(IEnumerable<TorrentStatus> statuses)
    {
        var part = new List<StatusDto>();
        int weight = 0;
        foreach (TorrentStatus status in statuses)
        {
            part.Add(StatusDto.Of(status));
            weight += 1 + status.Trackers.Count + status.Warnings.Count;
            if (weight < MostInPart)
                continue;
            yield return [.. part];
            part.Clear();
            weight = 0;
        }

        if (part.Count > 0)
            yield return [.. part];
    }

    /// <summary>What has been added between two rounds of the loop.</summary>
    private sealed class Content
    {
        public OrderedDictionary<TorrentId, TorrentStatus> Gone { get; } = [];

        public OrderedDictionary<TorrentId, TorrentStatus> Changed { get; } = [];

        public List<(Guid Patron, TorrentMessage Message)> Messages { get; } = [];

        public List<TaskCompletionSource> Waiters { get; } = [];

        /// <summary>Whether the engine has ended, and with it every torrent that was reported before.</summary>
        public bool IsReset { get; set; }

        public ServiceDto? Service { get; set; }

        public void Told() => Waiters.ForEach(waiter => waiter.TrySetResult());
    }
}
