using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Shared;

namespace TorrentPatron.Engine;

/// <summary>
/// Changes the settings of a running engine, one change at a time. It applies what can change now and reports the rest.
/// </summary>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="workshop">The engine's workshop, which listens for peers.</param>
/// <param name="hosts">The torrents; they announce a new port to their trackers.</param>
/// <param name="watch">Reopens ports when the binding changes.</param>
#pragma warning disable CA1001 // Without its wait handle a semaphore owns no resource.
internal sealed class SettingsChange(EngineResources engine, IWorkshop workshop, HostList hosts, NetworkWatch watch)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Applies new settings.</summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <returns>An error for each setting that could not be changed.</returns>
    public async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            ClientSettings before = engine.Settings;
            List<TorrentError> refused = [.. Fixed(before, settings)];
            TorrentError? noPort = null;
            if (!CanRebind)
                settings = settings with { BindAddress = before.BindAddress, BindInterface = before.BindInterface };
            if (settings.ListenPort != before.ListenPort)
                noPort = await workshop.ReopenAsync(settings.ListenPort).ConfigureAwait(false);
            if (noPort is not null)
            {
                refused.Add(noPort);
                settings = settings with { ListenPort = before.ListenPort };
            }

            if (!workshop.CanRebind)
                settings = settings with { Proxy = before.Proxy };
            engine.Apply(settings);
            engine.Queue.LimitsChanged();
            // Peers that learn the new port also dial it with uTP.
            if (settings.ListenPort != before.ListenPort)
                engine.Datagrams.Reopen();
            // Existing connections use the old route, so they must end.
            if (settings.Proxy != before.Proxy)
                await watch.ReopenAsync("The proxy has been changed.").ConfigureAwait(false);
            if (settings.Filter != before.Filter)
            {
                engine.Filter.Changed();
                foreach (TorrentHost host in hosts.All)
                    host.FilterChanged();
            }

            if (settings.BindTarget != before.BindTarget)
            {
                engine.Binding!.Bind(settings.BindTarget);
                await watch.FollowAsync().ConfigureAwait(false);
            }

            engine.UpdatePortMapping();
            await workshop.ApplyAsync(engine.Settings).ConfigureAwait(false);
            if (settings.ListenPort != before.ListenPort)
            {
                foreach (TorrentHost host in hosts.All)
                    host.Announce([]);
            }

            return refused;
        }
        finally
        {
            _one.Release();
        }
    }

    private bool CanRebind => engine.Binding is not null && workshop.CanRebind;

    private IEnumerable<TorrentError> Fixed(ClientSettings before, ClientSettings after)
    {
        if (!CanRebind && before.BindTarget != after.BindTarget)
            yield return Later("network interface or address it is bound to");
        if (before.MaxQueuedBytes != after.MaxQueuedBytes)
            yield return Later("limit on bytes waiting for the disk");
        if (before.DiskThreads != after.DiskThreads)
            yield return Later("number of disk threads");
        if (before.CodePoint != after.CodePoint)
            yield return Later("code point of the packets it sends");
        if (before.Dht != after.Dht)
            yield return Later("DHT setting");
        if (before.LocalDiscovery != after.LocalDiscovery)
            yield return Later("local peer discovery setting");
        if (!workshop.CanRebind && before.Proxy != after.Proxy)
            yield return Later("proxy");
    }

    private static TorrentError Later(string what) => new(
        TorrentErrorId.NotSupported, $"The {what} cannot be changed while the engine runs.",
        "Stop the patrons that use this engine, or create a patron with its own engine.");
}
