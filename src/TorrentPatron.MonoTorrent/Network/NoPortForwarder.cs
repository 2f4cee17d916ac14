using MonoTorrent.PortForwarding;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>A port forwarder that does nothing.</summary>
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
