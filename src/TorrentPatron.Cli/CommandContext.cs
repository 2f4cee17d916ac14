using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli;

/// <summary>What every command works with; tests bring their own.</summary>
/// <param name="Terminal">Where it prints.</param>
/// <param name="FindEngine">Finds an engine by its name.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(Terminal Terminal, Func<string, ITorrentEngine> FindEngine, TimeProvider Time)
{
    /// <summary>How often statuses are asked for while they are shown.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    /// <summary>Reads an environment variable; null where it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Makes a service over an engine.</summary>
    /// <param name="client">What its engine is made with.</param>
    /// <param name="statePath">The folder of the saved state; null: the user's own.</param>
    /// <param name="engine">What the engine is called.</param>
    /// <param name="roots">The folders below which torrents may lie; null: anywhere.</param>
    /// <exception cref="TorrentException">There is no such engine.</exception>
    public TorrentService MakeService(
        ClientSettings client, string? statePath, string engine = BuiltInEngine.EngineName, IReadOnlyList<string>? roots = null)
    {
        var settings = new ServiceSettings { Engine = engine, Client = client with { StatusInterval = StatusInterval }, Roots = [.. roots ?? []] };
        return new TorrentService(
            statePath is null ? settings : settings with { StatePath = statePath }, FindEngine(engine).CreateClient, Time);
    }
}
