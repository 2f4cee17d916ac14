using System.CommandLine;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Cli.Commands;

/// <summary>The options for the way to the network: the interface, the filter and the proxy.</summary>
internal sealed class NetworkOptions
{
    private readonly Option<string?> _bindInterface = new("--bind-interface")
    {
        Description = "The network interface to bind all traffic to, by its name or one of its addresses; while it is down nothing is sent.",
        HelpName = "name",
    };

    private readonly Option<string[]> _filter = new("--ip-filter")
    {
        Description = "A file of blocked addresses (eMule, PeerGuardian, or one per line; may be compressed by gzip). May be repeated.",
        HelpName = "file",
    };

    private readonly Option<string[]> _allowOnly = new("--allow-only")
    {
        Description = "An allowed address, network (10.0.0.0/8) or range: all other addresses are blocked. May be repeated.",
        HelpName = "addresses",
    };

    private readonly Option<ProxySettings?> _proxy = new("--proxy")
    {
        Description = "The proxy for all connections: socks5://host:port, also socks4a, socks4 or http. Its user and password are taken from "
            + $"the environment variable {ProxyCredentials.Variable}, as user:password.",
        HelpName = "uri",
        CustomParser = OptionReader.Proxy,
    };

    private readonly Option<ProxyUses> _proxyFor = new("--proxy-for")
    {
        Description = "The traffic that goes through the proxy: peers, trackers, web, separated by commas.",
        HelpName = "uses",
        DefaultValueFactory = _ => ProxyUses.All,
        CustomParser = OptionReader.ProxyUses,
    };

    private readonly Option<string?> _proxyCredential = new("--proxy-credential-file")
    {
        Description = "A file whose first line is the proxy's user:password, instead of the environment variable.",
        HelpName = "file",
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(_bindInterface);
        command.Options.Add(_filter);
        command.Options.Add(_allowOnly);
        command.Options.Add(_proxy);
        command.Options.Add(_proxyFor);
        command.Options.Add(_proxyCredential);
    }

    /// <summary>The settings with the values of the options.</summary>
    /// <param name="settings">The other settings.</param>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="TorrentException">A filter cannot be used, or the proxy's user and password cannot be read.</exception>
    public ClientSettings Apply(ClientSettings settings, ParseResult parsed) => settings with
    {
        BindInterface = parsed.GetValue(_bindInterface),
        Filter = FilterFiles.LoadAsync(parsed.GetValue(_filter) ?? [], parsed.GetValue(_allowOnly) ?? []).GetAwaiter().GetResult(),
        Proxy = ProxyOf(parsed),
    };

    /// <summary>The network that the options describe, for a command without an engine.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="time">The clock.</param>
    /// <inheritdoc cref="Apply" path="/exception"/>
    public INetwork MakeNetwork(ParseResult parsed, TimeProvider time)
    {
        ClientSettings settings = Apply(new ClientSettings(), parsed);
        return NetworkStack.Create(new SocketNetwork(() => settings.BindTarget), () => settings, time);
    }

    private ProxySettings? ProxyOf(ParseResult parsed)
    {
        if (parsed.GetValue(_proxy) is not { } proxy)
            return null;
        proxy = proxy with { Uses = parsed.GetValue(_proxyFor), Credential = ProxyCredentials.Read(parsed.GetValue(_proxyCredential)) };
        return proxy.Check() is { } error ? throw new TorrentException(error) : proxy;
    }
}
