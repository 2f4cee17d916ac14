using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A machine's network interfaces, set by the test.</summary>
internal sealed class FakeInterfaces : ILocalInterfaces
{
    private volatile IReadOnlyList<LocalInterface>? _interfaces = [];
    private int _asked;

    public event Action? Changed;

    /// <summary>Number of times the interfaces were listed.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public bool IsWatched => Changed is not null;

    public static LocalInterface Of(string name, params string[] addresses) =>
        new(name, null, 1, 1, IsUp: true, [.. addresses.Select(IPAddress.Parse)]);

    public IReadOnlyList<LocalInterface>? Find()
    {
        Interlocked.Increment(ref _asked);
        return _interfaces;
    }

    /// <summary>Changes the interfaces without an event; null: the list is not available.</summary>
    public void Have(params LocalInterface[]? interfaces) => _interfaces = interfaces;

    /// <summary>Changes the interfaces and raises the event.</summary>
    public void Change(params LocalInterface[] interfaces)
    {
        Have(interfaces);
        Changed?.Invoke();
    }
}
