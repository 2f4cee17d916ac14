using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Cli.Demo;

/// <summary>
/// A minimal tracker for the demo: HTTP announces (BEP 3) with compact answers (BEP 23), on loopback only.
/// </summary>
internal sealed class DemoTracker : IAsyncDisposable
{
    private const int MaxRequestBytes = 8 * 1024;
    private const int MaxPeers = 50;
    private const int IntervalSeconds = 60;
    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(10);

    private readonly IListener _listener = new SocketNetwork(IPAddress.Loopback).Listen(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _seeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<(InfoHash Torrent, int Port)> _peers = [];
    private readonly Task _serving;

    /// <summary>Begins to serve, on any free port.</summary>
    public DemoTracker()
    {
        Announce = new Uri($"http://{_listener.LocalEndPoint}/announce");
        _serving = ServeAsync();
    }

    /// <summary>The address to announce to.</summary>
    public Uri Announce { get; }

    /// <summary>Completes when the first seed has announced itself.</summary>
    public Task Seeded => _seeded.Task;

    /// <summary>Stops serving.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        _listener.Dispose();
        _stopping.Dispose();
    }

    // One after another: there are two peers.
    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using IConnection client = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                using var time = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                time.CancelAfter(RequestTime);
                using CancellationTokenRegistration ending = time.Token.Register(client.Dispose);
                await AnswerAsync(client).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or OperationCanceledException)
            {
                // The peer has gone, or the demo is over.
            }
        }
    }

    private async Task AnswerAsync(IConnection client)
    {
        string request = await ReadRequestAsync(client).ConfigureAwait(false);
        byte[] body = Answer(request);
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]).ConfigureAwait(false);
    }

    /// <summary>Reads the head of a request; it has no body.</summary>
    private static async Task<string> ReadRequestAsync(IConnection client)
    {
        byte[] buffer = new byte[MaxRequestBytes];
        int length = 0;
        while (length < buffer.Length && !buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            int read = await client.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0)
                break;
            length += read;
        }

        return Encoding.Latin1.GetString(buffer, 0, length);
    }

    private byte[] Answer(string request)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        if (DemoAnnounce.TryParse(request) is not { } announce)
        {
            writer.Write("failure reason"u8, "This is not an announce.");
        }
        else
        {
            List<IPEndPoint> others = Register(announce);
            writer.Write("interval"u8, IntervalSeconds);
            writer.Write("peers"u8, CompactPeers.Write(others, AddressFamily.InterNetwork));
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private List<IPEndPoint> Register(DemoAnnounce announce)
    {
        (InfoHash Torrent, int Port) peer = (announce.Torrent, announce.Port);
        if (announce.IsLeaving)
            _peers.Remove(peer);
        else if (_peers.Count < MaxPeers)
            _peers.Add(peer);
        if (announce.IsSeed && !announce.IsLeaving)
            _seeded.TrySetResult();
        return [.. _peers.Where(other => other.Torrent == announce.Torrent && other != peer)
            .Select(other => new IPEndPoint(IPAddress.Loopback, other.Port))];
    }
}
