using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Benchmarks.Micro.Network;

/// <summary>
/// Datagrams of 1,400 bytes from one UDP port to another over loopback, at most <see cref="Window"/> of them unacknowledged: what uTP does,
/// without uTP. Joined, Linux moves a run of them as one; else each by itself.
/// </summary>
public class DatagramFlow
{
    private const int Datagrams = 50_000;
    private const int Window = 128;

    private SharedDatagramPort _sending;
    private SharedDatagramPort _receiving;
    private Sender _sender;

    /// <summary>Whether the system puts datagrams together and takes them apart.</summary>
    [Params(false, true)]
    public bool IsJoined { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        UdpDatagramSocket.MayJoin = IsJoined;
        _sending = new SharedDatagramPort(TimeProvider.System);
        _receiving = new SharedDatagramPort(TimeProvider.System);
        foreach (SharedDatagramPort port in (SharedDatagramPort[])[_sending, _receiving])
            port.Open(new SocketNetwork(IPAddress.Loopback), _ => 0);
        _sender = new Sender(_sending, _receiving.EndPoints[0]);
        _sending.Attach(_sender);
        _receiving.Attach(new Receiver(_receiving));
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await _sending.DisposeAsync();
        await _receiving.DisposeAsync();
        UdpDatagramSocket.MayJoin = true;
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    public Task Flow() => _sender.SendAsync(Datagrams);

    /// <summary>Acknowledges each batch with the number of its datagrams.</summary>
    private sealed class Receiver(SharedDatagramPort port) : IDatagramHandler
    {
        private IPEndPoint _from;
        private int _count;

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
        {
            (_count, _from) = (_count + 1, remote);
            return true;
        }

        public void EndBatch(AddressFamily family)
        {
            Span<byte> acknowledgement = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(acknowledgement, _count);
            port.Send(acknowledgement, _from);
            _count = 0;
        }
    }

    /// <summary>Sends as the window allows.</summary>
    private sealed class Sender(SharedDatagramPort port, IPEndPoint remote) : IDatagramHandler
    {
        private readonly Lock _gate = new();
        private readonly byte[] _datagram = new byte[1_400];
        private TaskCompletionSource _done = new();
        private int _toSend;
        private int _unacknowledged;

        public async Task SendAsync(int count)
        {
            lock (_gate)
                (_toSend, _unacknowledged, _done) = (count, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            using (port.Gather())
                Fill();
            // A datagram may be lost even here: then what is missing does not count.
            await Task.WhenAny(_done.Task, Task.Delay(TimeSpan.FromSeconds(5)));
        }

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint from)
        {
            lock (_gate)
            {
                _unacknowledged -= BitConverter.ToInt32(datagram.Span);
                if (_toSend == 0 && _unacknowledged == 0)
                    _done.TrySetResult();
            }

            Fill();
            return true;
        }

        public void RoomAgain(AddressFamily family) => Fill();

        private void Fill()
        {
            lock (_gate)
            {
                while (_toSend > 0 && _unacknowledged < Window && port.TrySend(_datagram, remote))
                    (_toSend, _unacknowledged) = (_toSend - 1, _unacknowledged + 1);
            }
        }
    }
}
