using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>An HTTP tracker that answers every request with the same bytes, or never.</summary>
internal sealed class BrokenTracker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly byte[]? _body;

    /// <summary>Starts the tracker.</summary>
    /// <param name="body">The answer; null: it reads requests and never answers.</param>
    public BrokenTracker(byte[]? body)
    {
        _body = body;
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Announce => new($"http://{_listener.LocalEndpoint}/announce");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            byte[] question = new byte[4096];
            if (await client.GetStream().ReadAsync(question, _stop.Token) == 0)
                continue;
            if (_body is null)
                await Task.Delay(Timeout.Infinite, _stop.Token);
            string head = $"HTTP/1.1 200 OK\r\nContent-Length: {_body!.Length}\r\nConnection: close\r\n\r\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
            await client.GetStream().WriteAsync(_body, _stop.Token);
        }
    }
}
