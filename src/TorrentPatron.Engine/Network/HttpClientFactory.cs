using System.Net;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Here is where HTTP clients are made.

/// <summary>Makes HTTP clients whose connections leave by a network of ours: the only place that makes any.</summary>
public static class HttpClientFactory
{
    /// <summary>Makes a client. It follows no redirect, keeps no cookies and asks no proxy.</summary>
    /// <param name="network">Where its connections leave.</param>
    /// <param name="use">What its connections are for.</param>
    /// <param name="connector">Tries the addresses of hosts.</param>
    /// <param name="findAddresses">
    /// Finds the addresses of a host that may be dialled. It is these very addresses that are dialled, so a name that resolves differently
    /// the second time gains nothing.
    /// </param>
    /// <param name="connectTimeout">The longest time until a connection is made.</param>
    /// <param name="keepIdle">Time for which a connection is kept for the next request; 0: each request has its own.</param>
    /// <param name="decompress">Whether bodies may come compressed; else they are as they were sent.</param>
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
