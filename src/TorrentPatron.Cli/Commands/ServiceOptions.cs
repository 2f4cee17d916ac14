using System.CommandLine;
using System.Net;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary>The options of all commands that run torrents.</summary>
internal sealed class ServiceOptions
{
    private readonly Option<string?> _state = StateOption();
    private readonly NetworkOptions _network = new();

    private readonly Option<int> _port = new("--port")
    {
        Description = "The TCP port to listen on; 0 means any free port.",
        HelpName = "port",
        CustomParser = OptionReader.Port,
    };

    private readonly Option<long> _maxDown =
        RateOption("--max-down", "Download limit per second, such as 2MiB; 0 means no limit.");

    private readonly Option<long> _maxUp =
        RateOption("--max-up", "Upload limit per second, such as 512K; 0 means no limit.");

    private readonly Option<bool> _noDht = new("--no-dht")
    {
        Description = "Do not use the distributed hash table (DHT): find peers only through trackers and other peers.",
    };

    private readonly Option<bool> _noLocalDiscovery = new("--no-local-discovery")
    {
        Description = "Do not look for peers in the local network.",
    };

    private readonly Option<bool> _noPortMapping = new("--no-port-mapping")
    {
        Description = "Do not ask the router (PCP, NAT-PMP, UPnP) to forward the port.",
    };

    private readonly Option<bool> _limitLocalPeers = new("--limit-local-peers")
    {
        Description = "Apply --max-down and --max-up to peers in the local network too.",
    };

    private readonly Option<EncryptionPolicy> _encryption = new("--encryption")
    {
        Description = "Encryption of connections to peers: prefer (allows both), require or off.",
        HelpName = "prefer|require|off",
        DefaultValueFactory = _ => EncryptionPolicy.Prefer,
        CustomParser = OptionReader.Encryption,
    };

    private readonly Option<TransportPolicy> _transport = new("--transport")
    {
        Description = "The transport protocol for peer connections: any (tries both), tcp or utp.",
        HelpName = "any|tcp|utp",
        DefaultValueFactory = _ => TransportPolicy.Any,
        CustomParser = OptionReader.Transport,
    };

    private readonly Option<int> _codePoint = new("--code-point")
    {
        Description = "The differentiated services code point of packets to peers, 0 to 63; 0 means none. 1 is lower effort: routers that support it put "
            + "other traffic first.",
        HelpName = "number",
        DefaultValueFactory = _ => new ClientSettings().CodePoint,
        CustomParser = OptionReader.CodePoint,
    };

    private readonly Option<bool> _suggestPieces = new("--suggest-pieces")
    {
        Description = "Tell peers which pieces are probably in memory, so that they request these first: for a disk with slow seeks.",
    };

    private readonly Option<int> _maxPeers = new("--max-peers")
    {
        Description = "Maximum number of connected peers in all.",
        HelpName = "number",
        DefaultValueFactory = _ => new ClientSettings().MaxPeers,
        CustomParser = OptionReader.PeerCount,
    };

    private readonly Option<int> _maxPeersPerTorrent = new("--max-peers-per-torrent")
    {
        Description = "Maximum number of connected peers per torrent.",
        HelpName = "number",
        DefaultValueFactory = _ => new ClientSettings().MaxPeersPerTorrent,
        CustomParser = OptionReader.PeerCount,
    };

    private readonly Option<int> _maxActiveDownloads = new("--max-active-downloads")
    {
        Description = "Maximum number of torrents that download at a time; the others wait in a queue. 0 means no limit.",
        HelpName = "number",
        CustomParser = OptionReader.TorrentCount,
    };

    private readonly Option<int> _maxActiveSeeds = new("--max-active-seeds")
    {
        Description = "Maximum number of torrents that seed at a time; the others wait in a queue. 0 means no limit.",
        HelpName = "number",
        CustomParser = OptionReader.TorrentCount,
    };

    private readonly Option<IPAddress?> _announceAddress = new("--announce-address")
    {
        Description = "The address that trackers should give to peers, if it differs from the address that they see. Many trackers ignore it.",
        HelpName = "address",
        CustomParser = OptionReader.Address,
    };

    private readonly Option<string> _engine = new("--engine")
    {
        Description = "The engine to use.",
        HelpName = "name",
        DefaultValueFactory = _ => BuiltInEngine.EngineName,
    };

    /// <summary>The folder of the saved state, for all commands that use it.</summary>
    public static Option<string?> StateOption() => new("--state")
    {
        Description = $"The folder of the saved state. [default: {StateFolder.DefaultPath}]",
        HelpName = "folder",
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(_state);
        command.Options.Add(_port);
        _network.AddTo(command);
        command.Options.Add(_maxDown);
        command.Options.Add(_maxUp);
        command.Options.Add(_limitLocalPeers);
        command.Options.Add(_noDht);
        command.Options.Add(_noLocalDiscovery);
        command.Options.Add(_noPortMapping);
        command.Options.Add(_encryption);
        command.Options.Add(_transport);
        command.Options.Add(_maxPeers);
        command.Options.Add(_maxPeersPerTorrent);
        command.Options.Add(_maxActiveDownloads);
        command.Options.Add(_maxActiveSeeds);
        command.Options.Add(_codePoint);
        command.Options.Add(_suggestPieces);
        command.Options.Add(_announceAddress);
        command.Options.Add(_engine);
    }

    /// <summary>Creates the service that the options describe.</summary>
    /// <param name="context">The environment of the command.</param>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="TorrentException">There is no such engine, a filter cannot be used, or the proxy's user and password cannot be read.</exception>
    /// <param name="roots">The folders below which torrents may be stored; null means anywhere.</param>
    /// <param name="defaultState">The folder of the saved state if none is given; null means the user's own.</param>
    public TorrentService MakeService(
        CommandContext context, ParseResult parsed, IReadOnlyList<string>? roots = null, string? defaultState = null) => context.MakeService(
        _network.Apply(
            new ClientSettings
            {
                ListenPort = parsed.GetValue(_port),
                Limits = new RateLimits(parsed.GetValue(_maxDown), parsed.GetValue(_maxUp)),
                LimitLocalPeers = parsed.GetValue(_limitLocalPeers),
                Dht = parsed.GetValue(_noDht) ? new DhtSettings() : DiscoveryDefaults.Dht,
                Encryption = parsed.GetValue(_encryption),
                Transport = parsed.GetValue(_transport),
                MaxPeers = parsed.GetValue(_maxPeers),
                MaxPeersPerTorrent = parsed.GetValue(_maxPeersPerTorrent),
                MaxActiveDownloads = parsed.GetValue(_maxActiveDownloads),
                MaxActiveSeeds = parsed.GetValue(_maxActiveSeeds),
                CodePoint = parsed.GetValue(_codePoint),
                SuggestPieces = parsed.GetValue(_suggestPieces),
                AnnounceAddress = parsed.GetValue(_announceAddress),
                LocalDiscovery = !parsed.GetValue(_noLocalDiscovery) && DiscoveryDefaults.LocalDiscovery,
                PortMapping = parsed.GetValue(_noPortMapping) ? PortMappingPolicy.Off : DiscoveryDefaults.PortMapping,
            },
            parsed),
        parsed.GetValue(_state) ?? defaultState,
        parsed.GetRequiredValue(_engine),
        roots);

    private static Option<long> RateOption(string name, string description) =>
        new(name) { Description = description, HelpName = "rate", CustomParser = OptionReader.Size };
}
