using System.Net;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Here is where HTTP clients are made.

/// <summary>Creates HTTP clients whose connections use an <see cref="INetwork"/>: the only place that creates any.</summary>
public static class HttpClientFactory
{
    /// <summary>Creates a client that follows no redirects, keeps no cookies and uses no system proxy.</summary>
    /// <param name="network">The network for its connections.</param>
    /// <param name="use">The purpose of its connections.</param>
    /// <param name="connector">Chooses among the addresses of a host.</param>
    /// <param name="findAddresses">
    /// Returns the addresses of a host that may be dialled. Exactly these are dialled, so a name that resolves differently the
    /// second time gains nothing.
    /// </param>
    /// <param name="connectTimeout">The time limit for a connection.</param>
    /// <param name="keepIdle">
    /// How long an idle connection is kept for the next request; 0 means one connection per request.
    /// </param>
    /// <param name="decompress">
    /// Whether to accept and decompress compressed bodies; otherwise bodies are returned as sent.
    /// </param>
    public static HttpMessageInvoker CreateClient(
        INetwork network, NetworkUse use, HostConnector connector, HostResolver findAddresses, TimeSpan connectTimeout, TimeSpan keepIdle,
        bool decompress = true) => new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = decompress ? DecompressionMethods.All : DecompressionMethods.None,
            ConnectCallback = async (context, cancellationToken) =>
            {
                DnsEndPoint host = context.DnsEndPoint;
                IPAddress[] addresses = await findAddresses(host.Host, cancellationToken).ConfigureAwait(false);
                return await connector.ConnectAsync(
                    addresses, (address, token) => ConnectionStream.ConnectAsync(network, new IPEndPoint(address, host.Port), use, token),
                    cancellationToken).ConfigureAwait(false);
            },
            ConnectTimeout = connectTimeout,
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 16, // KiB
            PooledConnectionIdleTimeout = keepIdle,
            PooledConnectionLifetime = keepIdle == TimeSpan.Zero ? TimeSpan.Zero : Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        });
}
