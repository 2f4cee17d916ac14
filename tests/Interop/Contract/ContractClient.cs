using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.State;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A client of one engine on loopback that records its messages.</summary>
internal sealed class ContractClient : IAsyncDisposable
{
    public static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(200);

    private readonly StateFolder? _states;
    private readonly Lock _gate = new();
    private readonly List<TorrentMessage> _said = [];
    private readonly Task _listening;
    private long _lastId;

    /// <summary>Creates a client.</summary>
    /// <param name="engine">The engine's name.</param>
    /// <param name="statePath">The folder for the torrents' state.</param>
    /// <param name="settings">Its settings; it is bound to loopback.</param>
    public ContractClient(ITorrentEngine engine, string statePath, ClientSettings? settings = null)
    {
        settings = (settings ?? new ClientSettings()) with
        {
            BindAddress = settings?.BindAddress ?? IPAddress.Loopback,
            StatusInterval = StatusInterval,
        };
        _states = engine is ServiceEngine ? null : new StateFolder(statePath);
        Client = engine is ServiceEngine service ? service.CreateClient(settings, statePath) : engine.CreateClient(settings);
        _listening = ListenAsync();
    }

    public ITorrentClient Client { get; }

    /// <summary>The end point that it listens on.</summary>
    public IPEndPoint EndPoint => Assert.Single(Client.GetClientStatus().ListenEndPoints);

    /// <summary>All its messages so far.</summary>
    public IReadOnlyList<TorrentMessage> Said
    {
        get
        {
            lock (_gate)
                return [.. _said];
        }
    }

    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The command to start a torrent, with its state opened; a service opens it itself.</summary>
    public CreateNewTorrent NewStart(TorrentMetainfo metainfo, string destination) =>
        new(NextId(), metainfo, destination) { ResumeStore = _states?.Open(metainfo) ?? (IResumeStore)new ClosableStore() };

    /// <summary>Sends a command and waits for its one answer.</summary>
    public async Task<TorrentAnswer> AskAsync(TorrentCommand command)
    {
        Client.Post(command);
        await UntilAsync(() => Answers(command).Count > 0, $"{command.GetType().Name} is answered");
        return Assert.Single(Answers(command));
    }

    /// <summary>Starts a torrent; fails the test if that fails.</summary>
    public async Task<TorrentStatus> StartAsync(CreateNewTorrent start)
    {
        TorrentAnswer answer = await AskAsync(start);
        return answer is NewTorrentCreated created ? created.Status : throw new InvalidOperationException($"It was not started: {answer}");
    }

    /// <summary>The answers to a command.</summary>
    public IReadOnlyList<TorrentAnswer> Answers(TorrentCommand command) =>
        [.. Said.OfType<TorrentAnswer>().Where(answer => answer.CorrelationId == command.CorrelationId)];

    /// <summary>Waits until a torrent's status meets a condition.</summary>
    public async Task<TorrentStatus> WaitAsync(TorrentId torrent, string what, Func<TorrentStatus, bool> until)
    {
        await UntilAsync(() => Client.GetStatus(torrent) is { } status && until(status), what);
        return Client.GetStatus(torrent)!;
    }

    /// <summary>Waits until every wanted piece is verified, and the message of it has arrived.</summary>
    public async Task<TorrentStatus> WaitUntilSeedingAsync(TorrentId torrent)
    {
        TorrentStatus status = await WaitAsync(torrent, "it has everything", status => status is { IsComplete: true, State: TorrentState.Seeding });
        await HearAsync<TorrentCompleted>(message => message.TorrentId == torrent);
        return status;
    }

    /// <summary>Waits for a message.</summary>
    public async Task<TMessage> HearAsync<TMessage>(Func<TMessage, bool>? which = null)
        where TMessage : TorrentMessage
    {
        await UntilAsync(() => Said.OfType<TMessage>().Any(which ?? (_ => true)), $"{typeof(TMessage).Name} is said");
        return Said.OfType<TMessage>().First(which ?? (_ => true));
    }

    /// <summary>Waits until a condition holds.</summary>
    public Task UntilAsync(Func<bool> condition, string what) =>
        Patience.UntilAsync(_ => Task.FromResult(condition()), what, () => string.Join('\n', Said.TakeLast(20)));

    /// <summary>Disposes it, and waits until its messages have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _listening.WaitAsync(TestContext.Current.CancellationToken);
    }

    private async Task ListenAsync()
    {
        await foreach (TorrentMessage message in Client.Messages.ReadAllAsync(CancellationToken.None))
        {
            lock (_gate)
                _said.Add(message);
        }
    }
}
