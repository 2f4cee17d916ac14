using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.Cli;

/// <summary>What every command works with; tests bring their own.</summary>
/// <param name="Terminal">Where it prints.</param>
/// <param name="MakeClient">Makes an engine.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(Terminal Terminal, Func<ClientSettings, ITorrentClient> MakeClient, TimeProvider Time)
{
    /// <summary>How often statuses are asked for while they are shown.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    /// <summary>Makes a service over the engine.</summary>
    /// <param name="client">What its engine is made with.</param>
    /// <param name="statePath">The folder of the saved state; null: the user's own.</param>
    public TorrentService MakeService(ClientSettings client, string? statePath)
    {
        var settings = new ServiceSettings { Client = client with { StatusInterval = StatusInterval } };
        return new TorrentService(statePath is null ? settings : settings with { StatePath = statePath }, MakeClient, Time);
    }
}
