using System.CommandLine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Commands;

/// <summary>The options of the commands that can work on a service in a process of its own.</summary>
internal sealed class ServiceClientOptions
{
    /// <summary>The environment variable that makes the service the default.</summary>
    public const string Variable = "TORRENTPATRON_SERVICE";

    private const string Shared = "shared";

    private readonly Option<bool> _service = new("--service")
    {
        Description = $"Work on the service that runs for this user ('patron service'). The default where {Variable} is '{Shared}'; '--service false' undoes that.",
    };

    private readonly Option<string?> _socket = new("--socket")
    {
        Description = "The socket of the service, on Windows the name of its pipe. [default: that of this user's own service]",
        HelpName = "path",
    };

    /// <summary>Adds the options to a command that can also do without a service.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_service);
        AddSocketTo(command);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetResult(_service) is { Implicit: false } && !parsed.GetValue(_service) && parsed.GetValue(_socket) is not null)
                parsed.AddError("--socket names a service, and --service false asks for none: leave one of them out.");
        });
    }

    /// <summary>Adds the option to a command that always works on a service.</summary>
    public void AddSocketTo(Command command) => command.Options.Add(_socket);

    /// <summary>Whether the command is to work on a service.</summary>
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
                TorrentErrorId.InvalidArgument, $"{Variable} is '{DisplayText.Clean(value)}', which means nothing.",
                $"Set it to '{Shared}' to work on the service of this user, or unset it.")),
        };
    }

    /// <summary>Connects to the service.</summary>
    /// <exception cref="TorrentException">No service runs there, or this user may not use it.</exception>
    public async Task<ITorrentService> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        await ServiceConnection.ConnectAsync(parsed.GetValue(_socket), cancellationToken: cancellationToken).ConfigureAwait(false);
}
