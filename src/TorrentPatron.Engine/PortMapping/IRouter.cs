using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router, as one protocol reaches it. It is asked one thing at a time.</summary>
internal interface IRouter : IDisposable
{
    /// <summary>The protocol.</summary>
    PortMappingMeans Means { get; }

    /// <summary>Has a port mapped, or a mapping renewed.</summary>
    /// <param name="port">The port.</param>
    /// <param name="before">The mapping to renew, or the one that the router has lost; null: a new one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PortMappingException">The router does not.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken);

    /// <summary>Ends a mapping.</summary>
    /// <exception cref="PortMappingException">The router does not.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken);
}
