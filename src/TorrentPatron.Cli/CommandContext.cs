using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli;

/// <summary>The environment of every command; tests supply their own.</summary>
/// <param name="Terminal">The terminal to print to.</param>
/// <param name="FindEngine">Finds an engine by its name.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(Terminal Terminal, Func<string, ITorrentEngine> FindEngine, TimeProvider Time)
{
    /// <summary>Time between two status updates while statuses are shown.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    /// <summary>Reads an environment variable; null if it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Creates a service.</summary>
    /// <param name="client">The settings of its engine.</param>
    /// <param name="statePath">The folder of the saved state; null means the user's own.</param>
    /// <param name="engine">The name of the engine.</param>
    /// <param name="roots">The folders below which torrents may be stored; null means anywhere.</param>
    /// <exception cref="TorrentException">There is no such engine.</exception>
    public TorrentService MakeService(
        ClientSettings client, string? statePath, string engine = BuiltInEngine.EngineName, IReadOnlyList<string>? roots = null)
    {
        var settings = new ServiceSettings { Engine = engine, Client = client with { StatusInterval = StatusInterval }, Roots = [.. roots ?? []] };
        return new TorrentService(
            statePath is null ? settings : settings with { StatePath = statePath }, FindEngine(engine).CreateClient, Time);
    }
}
