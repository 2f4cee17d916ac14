using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router reached over one protocol. Calls do not overlap.</summary>
internal interface IRouter : IDisposable
{
    /// <summary>The protocol.</summary>
    PortMappingMeans Means { get; }

    /// <summary>Maps a port, or renews a mapping.</summary>
    /// <param name="port">The port.</param>
    /// <param name="before">The mapping to renew, or one that the router has lost; null for a new one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PortMappingException">The router refuses or does not answer.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken);

    /// <summary>Removes a mapping.</summary>
    /// <exception cref="PortMappingException">The router refuses or does not answer.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken);
}
