using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.Remote.Client;

/// <summary>The hooks of a service in another process.</summary>
/// <param name="connect">Returns the connection to it, when there is one.</param>
internal sealed class RemoteHooks(Func<CancellationToken, Task<RpcConnection>> connect) : ITorrentHooks
{
    public async Task<TorrentHook> RegisterAsync(TorrentHook hook, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hook);
        RpcConnection connection = await connect(cancellationToken).ConfigureAwait(false);
        HookWireDto registered = await connection.CallAsync(Methods.RegisterHook, HookWireDto.Of(hook), cancellationToken).ConfigureAwait(false);
        return registered.ToHook();
    }

    public async Task<IReadOnlyList<TorrentHook>> GetAsync(CancellationToken cancellationToken = default)
    {
        RpcConnection connection = await connect(cancellationToken).ConfigureAwait(false);
        var hooks = new List<TorrentHook>();
        while (true)
        {
            HooksDto part = await connection.CallAsync(Methods.GetHooks, new QueryDto { Offset = hooks.Count }, cancellationToken).ConfigureAwait(false);
            hooks.AddRange(Wire.ToList(part.Hooks, hook => hook.ToHook()));
            if (part.Hooks is not { Length: > 0 } || hooks.Count >= part.Total)
                return hooks;
        }
    }

    public async Task UnregisterAsync(string name, CancellationToken cancellationToken = default)
    {
        RpcConnection connection = await connect(cancellationToken).ConfigureAwait(false);
        await connection.CallAsync(Methods.UnregisterHook, new HookNameDto { Name = name }, cancellationToken).ConfigureAwait(false);
    }
}
