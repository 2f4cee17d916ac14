using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Service.Tests.Fakes;

/// <summary>Answers requests on loopback with exactly the given bytes, valid or not.</summary>
internal sealed class RawHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, (byte[] Bytes, Task Gate, SemaphoreSlim? Drips)> _answers = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private Task _accepting = Task.CompletedTask;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The requested paths.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    public Uri this[string path] => new($"http://127.0.0.1:{Port}{path}");

    public static RawHttpServer Start()
    {
        var server = new RawHttpServer();
        server._listener.Start();
        server._accepting = server.AcceptAsync();
        return server;
    }

    public static byte[] Ok(byte[] content, string headers = "") =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\n{headers}\r\n"), .. content];

    public static byte[] Redirect(string location) =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

    public void Answer(string path, byte[] bytes, Task? gate = null) => _answers[path] = (bytes, gate ?? Task.CompletedTask, null);

    /// <summary>Sends the headers at once, and one byte of the content for each release.</summary>
    public void Drip(string path, byte[] bytes, SemaphoreSlim drips) => _answers[path] = (bytes, Task.CompletedTask, drips);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The listener has been stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string path = (await reader.ReadLineAsync(_stop.Token))?.Split(' ')[1] ?? "";
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                }

                _asked.Enqueue(path);
                if (!_answers.TryGetValue(path, out (byte[] Bytes, Task Gate, SemaphoreSlim? Drips) answer))
                    answer = ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Task.CompletedTask, null);
                await answer.Gate.WaitAsync(_stop.Token);
                int atOnce = answer.Drips is null ? answer.Bytes.Length : answer.Bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
                await stream.WriteAsync(answer.Bytes.AsMemory(0, atOnce), _stop.Token);
                for (int at = atOnce; at < answer.Bytes.Length; at++)
                {
                    await answer.Drips!.WaitAsync(_stop.Token);
                    await stream.WriteAsync(answer.Bytes.AsMemory(at, 1), _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
            }
        }
    }
}
