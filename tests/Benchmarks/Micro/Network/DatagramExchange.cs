using System.Net;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Benchmarks.Micro.Network;

/// <summary>A question and its answer, 100 bytes each, between two UDP ports over loopback; as many questions are open as <see cref="Open"/> says.</summary>
public class DatagramExchange
{
    private const int Queries = 20_000;

    private readonly byte[] _question = new byte[100];
    private SharedDatagramPort _asking;
    private SharedDatagramPort _answering;
    private Requester _asker;

    /// <summary>Queries that wait for their answers at once.</summary>
    [Params(1, 16, 128)]
    public int Open { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _asking = new SharedDatagramPort(TimeProvider.System);
        _answering = new SharedDatagramPort(TimeProvider.System);
        foreach (SharedDatagramPort port in (SharedDatagramPort[])[_asking, _answering])
            port.Open(new SocketNetwork(IPAddress.Loopback), _ => 0);
        _asker = new Requester(_asking, _answering.EndPoints[0], _question);
        _asking.Attach(_asker);
        _answering.Attach(new Responder(_answering));
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await _asking.DisposeAsync();
        await _answering.DisposeAsync();
    }

    [Benchmark(OperationsPerInvoke = Queries)]
    public Task Exchange() => _asker.AskAsync(Queries, Open);

    private sealed class Responder(SharedDatagramPort port) : IDatagramHandler
    {
        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
        {
            port.Send(datagram.Span, remote);
            return true;
        }
    }

    /// <summary>Asks again at each answer, until it has had as many as it wants.</summary>
    private sealed class Requester(SharedDatagramPort port, IPEndPoint remote, byte[] question) : IDatagramHandler
    {
        private TaskCompletionSource _done = new();
        private int _left;
        private int _toAsk;

        public async Task AskAsync(int questions, int open)
        {
            _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _left = questions;
            _toAsk = questions - open;
            for (int i = 0; i < open; i++)
                port.Send(question, remote);
            // A datagram may be lost even here: then what is missing does not count.
            await Task.WhenAny(_done.Task, Task.Delay(TimeSpan.FromSeconds(5)));
        }

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint from)
        {
            if (--_left == 0)
                _done.TrySetResult();
            else if (--_toAsk >= 0)
                port.Send(question, remote);
            return true;
        }
    }
}
