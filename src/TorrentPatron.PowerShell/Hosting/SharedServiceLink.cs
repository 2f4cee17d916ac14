using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>
/// The user's service as the session's default, if <c>TORRENTPATRON_SERVICE=shared</c> asks for it. The variable is read at each use, so a
/// script may set it after the module was imported.
/// </summary>
/// <param name="connect">Connects to the user's service.</param>
/// <param name="read">Reads the variable; null reads the environment.</param>
internal sealed class SharedServiceLink(Func<CancellationToken, Task<ITorrentService>> connect, Func<string?>? read = null)
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "TORRENTPATRON_SERVICE";

    /// <summary>The value that asks for the user's service.</summary>
    public const string Shared = "shared";

    private readonly Func<string?> _read = read ?? (static () => Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether the variable is set; <see cref="ConnectAsync"/> reports an invalid value.</summary>
    public bool IsWanted() => !string.IsNullOrWhiteSpace(_read());

    /// <summary>Connects.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="TorrentException">No service runs, or the variable has a different value.</exception>
    public async Task<ITorrentService> ConnectAsync(CancellationToken cancellationToken)
    {
        string wanted = _read()?.Trim() ?? "";
        if (!wanted.Equals(Shared, StringComparison.OrdinalIgnoreCase))
            throw new TorrentException(CommandErrors.NoSuchService(Variable, wanted));
        try
        {
            return await connect(cancellationToken).ConfigureAwait(false);
        }
        catch (TorrentException fault)
        {
            throw new TorrentException(CommandErrors.NotShared(fault.Error, Variable), fault);
        }
    }
}
