using System.CommandLine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Commands;

/// <summary>The options of the commands that can use a service in a separate process.</summary>
internal sealed class ServiceClientOptions
{
    /// <summary>The environment variable that makes the service the default.</summary>
    public const string Variable = "TORRENTPATRON_SERVICE";

    private const string Shared = "shared";

    private readonly Option<bool> _service = new("--service")
    {
        Description = $"Use the service that runs for this user ('patron service'). The default if {Variable} is '{Shared}'; '--service false' overrides that.",
    };

    private readonly Option<string?> _socket = new("--socket")
    {
        Description = "The socket of the service, or on Windows the name of its pipe. [default: the socket of this user's own service]",
        HelpName = "path",
    };

    /// <summary>Adds the options to a command that also works without a service.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_service);
        AddSocketTo(command);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetResult(_service) is { Implicit: false } && !parsed.GetValue(_service) && parsed.GetValue(_socket) is not null)
                parsed.AddError("--socket names a service, but --service false asks for none: omit one of them.");
        });
    }

    /// <summary>Adds the option to a command that always uses a service.</summary>
    public void AddSocketTo(Command command) => command.Options.Add(_socket);

    /// <summary>Whether the command should use a service.</summary>
    /// <param name="context">Reads the environment.</param>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="TorrentException">The environment variable has an unknown value.</exception>
    public bool IsAsked(CommandContext context, ParseResult parsed)
    {
        if (parsed.GetResult(_service) is { Implicit: false })
            return parsed.GetValue(_service);
        if (parsed.GetValue(_socket) is not null)
            return true;
        return context.Variable(Variable) switch
        {
            null or "" => false,
            var value when value.Equals(Shared, StringComparison.OrdinalIgnoreCase) => true,
            var value => throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, $"{Variable} is '{DisplayText.Clean(value)}': expected '{Shared}'.",
                $"Set it to '{Shared}' to use this user's service, or unset it.")),
        };
    }

    /// <summary>Connects to the service.</summary>
    /// <exception cref="TorrentException">No service runs there, or this user may not connect to it.</exception>
    public async Task<ITorrentService> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        await ServiceConnection.ConnectAsync(parsed.GetValue(_socket), cancellationToken: cancellationToken).ConfigureAwait(false);
}
