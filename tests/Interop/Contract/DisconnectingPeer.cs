using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A peer without pieces that leaves on request.</summary>
internal sealed class DisconnectingPeer : IAsyncDisposable
{
    private readonly TorrentMetainfo _metainfo;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<bool> _leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public DisconnectingPeer(TorrentMetainfo metainfo)
    {
        _metainfo = metainfo;
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _running = RunAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Ends the connection.</summary>
    /// <param name="breaks">Whether by a reset, as when a program is killed; otherwise orderly.</param>
    public void Leave(bool breaks) => _leave.TrySetResult(breaks);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using Socket peer = await _listener.AcceptSocketAsync(_stop.Token);
        // Once is enough: a later dial fails.
        _listener.Stop();
        await using var stream = new NetworkStream(peer);
        byte[] handshake = new byte[Handshake.Length];
        await stream.ReadExactlyAsync(handshake, _stop.Token);
        new Handshake(
            _metainfo.InfoHash, new PeerId("-XX0001-leaverleaver"u8), SupportsFast: false, SupportsExtensions: false, SupportsDht: false)
            .Write(handshake);
        await stream.WriteAsync(handshake, _stop.Token);
        Task reading = stream.CopyToAsync(Stream.Null, _stop.Token);
        if (await _leave.Task.WaitAsync(_stop.Token))
        {
            peer.LingerState = new LingerOption(enable: true, seconds: 0);
            peer.Close();
        }
        else
        {
            peer.Shutdown(SocketShutdown.Send);
        }

        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
