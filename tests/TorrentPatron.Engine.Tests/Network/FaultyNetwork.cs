using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A faulty network: in the chosen call it throws an exception that no network may throw.</summary>
internal sealed class FaultyNetwork(INetwork inner) : INetwork
{
    /// <summary>The thrown exception.</summary>
    public static readonly Exception Fault = new InvalidOperationException("A mistake.");

    private int _accepted;

    /// <summary>The call that throws.</summary>
    public enum Call
    {
        None,
        Connect,
        Accept,
        Receive,
        Send,
    }

    /// <summary>The call that throws from now on; a connect or an accept throws only once.</summary>
    public Call Throws { get; set; }

    public ReadOnlyCollection<IPAddress> LocalAddresses => inner.LocalAddresses;

    public ReadOnlyCollection<IPAddress> GroupAddresses => inner.GroupAddresses;

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => inner.ResolveAsync(host, use, cancellationToken);

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => inner.OpenDatagrams(local, use);

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => inner.JoinGroup(group, local);

    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        ThrowOnce(Call.Connect);
        return new Connection(this, await inner.ConnectAsync(remote, use, cancellationToken));
    }

    public IListener Listen(IPEndPoint local) => new Listener(this, inner.Listen(local));

    private void ThrowOnce(Call call)
    {
        if (Throws != call)
            return;
        Throws = Call.None;
        throw Fault;
    }

    private sealed class Listener(FaultyNetwork owner, IListener inner) : IListener
    {
        public IPEndPoint LocalEndPoint => inner.LocalEndPoint;

        public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            owner.ThrowOnce(Call.Accept);
            return new Connection(owner, await inner.AcceptAsync(cancellationToken), isFaulty: Interlocked.Increment(ref owner._accepted) == 1);
        }

        public void Dispose() => inner.Dispose();
    }

    /// <summary>Only the first accept fails; later ones succeed.</summary>
    private sealed class Connection(FaultyNetwork owner, IConnection inner, bool isFaulty = false) : IConnection
    {
        public IPEndPoint RemoteEndPoint => inner.RemoteEndPoint;

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Or(Call.Receive, inner.ReceiveAsync(buffer));

        public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) =>
            isFaulty && owner.Throws == Call.Send ? ValueTask.FromException(Fault) : inner.SendAsync(buffer);

        public void Dispose() => inner.Dispose();

        private async ValueTask<int> Or(Call call, ValueTask<int> received)
        {
            int bytes = await received;
            return isFaulty && owner.Throws == call ? throw Fault : bytes;
        }
    }
}
