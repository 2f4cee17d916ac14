using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.Engine.Tests.Limits;

/// <summary>The limits of an unlimited peer.</summary>
internal static class NoLimits
{
    private static readonly RateLimiter Unlimited = new(TimeProvider.System, 0);
    private static readonly PeerClassTable Classes = new(new ClientSettings(), Unlimited, Unlimited, TimeProvider.System);

    public static PeerLimits Make() => new(Unlimited, Unlimited, Classes, IPAddress.Loopback);
}
