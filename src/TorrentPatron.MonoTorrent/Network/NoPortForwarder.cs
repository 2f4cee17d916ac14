using MonoTorrent.PortForwarding;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>Asks no router for anything.</summary>
internal sealed class NoPortForwarder : IPortForwarder
{
    /// <inheritdoc/>
    public event EventHandler? MappingsChanged
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public bool Active => false;

    /// <inheritdoc/>
    public Mappings Mappings => Mappings.Empty;

    /// <inheritdoc/>
    public Task RegisterMappingAsync(Mapping mapping) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task UnregisterMappingAsync(Mapping mapping, CancellationToken token) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken token) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken token) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(bool removeExistingMappings, CancellationToken token) => Task.CompletedTask;
}
