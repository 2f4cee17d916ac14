using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Shared;

namespace TorrentPatron.Engine;

/// <summary>Changes the settings of an engine that runs: what can change does so at once, and what cannot is told. One at a time.</summary>
/// <param name="engine">What the engine shares.</param>
/// <param name="workshop">Where peers connect.</param>
/// <param name="hosts">The torrents: trackers hear of a new port.</param>
/// <param name="watch">Has them follow what is bound to.</param>
#pragma warning disable CA1001 // A semaphore that nobody waits for by a handle holds nothing.
internal sealed class SettingsChange(EngineResources engine, IWorkshop workshop, HostList hosts, NetworkWatch watch)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Goes on with other settings.</summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <returns>What could not be changed, and why.</returns>
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
            // Peers that are told of the new port dial it by uTP too.
            if (settings.ListenPort != before.ListenPort)
                engine.Datagrams.Reopen();
            // What is connected goes another way than it should from now on.
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
            yield return Later("network interface or address to which it is bound");
        if (before.MaxQueuedBytes != after.MaxQueuedBytes)
            yield return Later("number of bytes that may wait for the disk");
        if (before.DiskThreads != after.DiskThreads)
            yield return Later("number of its disk threads");
        if (before.CodePoint != after.CodePoint)
            yield return Later("code point with which it marks what it sends");
        if (before.Dht != after.Dht)
            yield return Later("part that it takes in the DHT");
        if (before.LocalDiscovery != after.LocalDiscovery)
            yield return Later("search for peers in the local network");
        if (!workshop.CanRebind && before.Proxy != after.Proxy)
            yield return Later("proxy");
    }

    private static TorrentError Later(string what) => new(
        TorrentErrorId.NotSupported, $"The {what} cannot change while the engine runs.",
        "Stop the patrons that use this engine, or make a patron with an engine of its own.");
}
