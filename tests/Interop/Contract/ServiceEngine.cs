using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>An engine behind a service: commands to its clients, and their messages, go through a patron and a socket.</summary>
/// <param name="inner">The engine.</param>
internal sealed class ServiceEngine(ITorrentEngine inner) : ITorrentEngine
{
    public string Name => inner.Name;

    public ITorrentClient CreateClient(ClientSettings settings) =>
        CreateClient(settings, Directory.CreateTempSubdirectory("torrentpatron-").FullName);

    public ITorrentClient CreateClient(ClientSettings settings, string statePath) =>
        Task.Run(() => ServiceClient.StartAsync(inner, settings, statePath)).GetAwaiter().GetResult();

    private sealed class ServiceClient : ITorrentClient
    {
        private readonly Lock _gate = new();
        private readonly Channel<TorrentMessage> _messages = Channel.CreateUnbounded<TorrentMessage>();

        /// <summary>Commands without an answer yet: a service answers in the order of requests.</summary>
        private readonly Queue<TorrentCommand> _asked = new();
        private readonly string _folder;
        private readonly TorrentService _local;
        private readonly ServiceHost _host;
        private readonly RemoteTorrentService _remote;
        private readonly Patron _patron;
        private readonly Task _listening;
        private Task? _disposal;

        private ServiceClient(string name, string folder, TorrentService local, ServiceHost host, RemoteTorrentService remote)
        {
            (Name, _folder, _local, _host, _remote) = (name, folder, local, host, remote);
            _patron = remote.CreatePatron("contract");
            _listening = ListenAsync(_patron.OpenOutbox());
        }

        public string Name { get; }

        public ClientCapabilities Capabilities => _remote.Capabilities ?? ClientCapabilities.None;

        public ChannelReader<TorrentMessage> Messages => _messages.Reader;

        public ClientSettings Settings => _remote.Settings.Client;

        public static async Task<ServiceClient> StartAsync(ITorrentEngine inner, ClientSettings settings, string statePath)
        {
            // A socket's path has at most 107 bytes.
            string folder = Directory.CreateTempSubdirectory("tp-").FullName;
            string address = OperatingSystem.IsWindows()
                ? $"{ServiceAddresses.PipePrefix}TorrentPatron-test-{Guid.NewGuid():N}" : Path.Combine(folder, "run", "s");
            var local = new TorrentService(new ServiceSettings { StatePath = statePath, Client = settings }, inner.CreateClient);
            var host = new ServiceHost(local, await ServiceEndpoint.ListenAsync(address));
            host.Start();

            // As if a torrent had been started: an engine reports its end point at once.
            await local.Sessions.Connect(host.Own).StartedAsync(CancellationToken.None);
            RemoteTorrentService remote = await RemoteTorrentService.ConnectAsync(address, cancellationToken: CancellationToken.None);
            return new ServiceClient(inner.Name, folder, local, host, remote);
        }

        public void Post(TorrentCommand command)
        {
            lock (_gate)
            {
                if (_disposal is null)
                    _asked.Enqueue(command);
                _ = Ask(command);
            }
        }

        public TorrentStatus? GetStatus(TorrentId torrent) => _patron.GetStatus(torrent);

        public IReadOnlyList<TorrentStatus> GetStatuses() => _patron.Statuses;

        public TorrentMetainfo? GetMetainfo(TorrentId torrent) => _patron.GetMetainfo(torrent);

        public IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent) => _patron.GetFiles(torrent);

        public IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) => _patron.GetPeers(torrent);

        public IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) => _patron.GetClosedPeers(torrent);

        public Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default) =>
            _remote.ApplyAsync(settings, cancellationToken);

        public ClientStatus GetClientStatus() => _remote.GetClientStatus() ?? throw new InvalidOperationException("The engine has ended.");

        public async ValueTask DisposeAsync()
        {
            Task disposal;
            lock (_gate)
                disposal = _disposal ??= Task.Run(EndAsync);
            await disposal;
        }

        private Task<TorrentAnswer> Ask(TorrentCommand command)
        {
            if (command is not CreateNewTorrent create)
                return _patron.CommandAsync(command.TorrentId, id => command with { CorrelationId = id });

            // The service keeps the state itself.
            create.ResumeStore.Dispose();
            return _patron.StartAsync(new StartRequest
            {
                Metainfo = create.Metainfo,
                Source = create.Magnet is { } magnet ? TorrentSource.FromMagnet(magnet) : null,
                Destination = create.Destination,
                Peers = create.Peers,
                Trackers = create.Trackers,
                WebSeeds = create.WebSeeds,
                FilePriorities = create.FilePriorities,
                Selection = create.Selection,
                Suspended = create.Suspended,
                MetadataOnly = create.MetadataOnly,
                MetadataTimeout = create.MetadataTimeout,
                Recheck = create.Recheck,
                Options = create.Options,
            });
        }

        private async Task ListenAsync(ChannelReader<TorrentMessage> outbox)
        {
            await foreach (TorrentMessage message in outbox.ReadAllAsync())
            {
                TorrentCommand? asked = null;
                lock (_gate)
                {
                    if (message is TorrentAnswer)
                        asked = _asked.Dequeue();
                }

                _messages.Writer.TryWrite(message is TorrentAnswer answer ? answer with { CorrelationId = asked!.CorrelationId } : message);
            }

            _messages.Writer.TryComplete();
        }

        private async Task EndAsync()
        {
            await _remote.DisposeAsync();
            await _host.DisposeAsync();
            await _local.DisposeAsync();
            await _listening;
            Directory.Delete(_folder, recursive: true);
        }
    }
}
