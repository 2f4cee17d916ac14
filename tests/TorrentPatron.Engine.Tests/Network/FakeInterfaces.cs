using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A machine's network interfaces, as a test says they are.</summary>
internal sealed class FakeInterfaces : ILocalInterfaces
{
    private volatile IReadOnlyList<LocalInterface>? _interfaces = [];
    private int _asked;

    public event Action? Changed;

    /// <summary>How often they were asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public bool IsWatched => Changed is not null;

    public static LocalInterface Of(string name, params string[] addresses) =>
        new(name, null, 1, 1, IsUp: true, [.. addresses.Select(IPAddress.Parse)]);

    public IReadOnlyList<LocalInterface>? Find()
    {
        Interlocked.Increment(ref _asked);
        return _interfaces;
    }

    /// <summary>Has these from now on, and tells nobody; null: it does not say.</summary>
    public void Have(params LocalInterface[]? interfaces) => _interfaces = interfaces;

    /// <summary>Has these from now on, and tells.</summary>
    public void Change(params LocalInterface[] interfaces)
    {
        Have(interfaces);
        Changed?.Invoke();
    }
}
