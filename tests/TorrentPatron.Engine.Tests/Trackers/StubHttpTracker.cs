using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Engine.Tests.Trackers;

/// <summary>A tracker on 127.0.0.1 with a scripted answer to the one request of each connection.</summary>
internal sealed class StubHttpTracker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<string, Stream, CancellationToken, Task> _answer;
    private readonly Task _serving;
    private int _connections;

    /// <param name="answer">Receives the request's head and the stream to answer on.</param>
    public StubHttpTracker(Func<string, Stream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public StubHttpTracker(byte[] body, string headers = "", string status = "200 OK")
        : this((_, stream, cancellationToken) => stream.WriteAsync(Response(body, headers, status), cancellationToken).AsTask())
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Announce => new($"http://127.0.0.1:{Port}/announce");

    public int Connections => _connections;

    public static byte[] Response(byte[] body, string headers = "", string status = "200 OK") =>
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n"),
        .. body,
    ];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
            Interlocked.Increment(ref _connections);
            try
            {
                NetworkStream stream = client.GetStream();
                await _answer(await ReadHeadAsync(stream), stream, _end.Token);
            }
            catch (IOException)
            {
                // The client has closed the connection.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _end.Token) > 0)
            head.Append((char)one[0]);
        return head.ToString();
    }
}
