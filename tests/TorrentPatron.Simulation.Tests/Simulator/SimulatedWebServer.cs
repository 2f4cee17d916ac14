using System.Globalization;
using System.Net;
using System.Text;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A web server with files and scripted answers.</summary>
internal sealed class SimulatedWebServer
{
    private const int MostBytes = 16 * 1024;
    private const int Chunk = 16 * 1024;

    private readonly World _world;
    private readonly IListener _listener;

    public SimulatedWebServer(World world, SimulatedHost host, int port = 80)
    {
        _world = world;
        Address = new Uri($"http://{host.Address}:{port}/");
        _listener = host.Listen(new IPEndPoint(host.Address, port));
        Answer = Serve;
        _ = AcceptAsync();
    }

    /// <summary>The address of its folder.</summary>
    public Uri Address { get; }

    /// <summary>Its files by their paths, which begin with a slash.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The received requests, in order.</summary>
    public List<WebQuery> Requests { get; } = [];

    /// <summary>Number of connections made to it.</summary>
    public int Connections { get; private set; }

    /// <summary>Number of requests being answered, and the largest number at once.</summary>
    public (int Now, int Most) UnderWay { get; private set; }

    /// <summary>Answers a request.</summary>
    public Func<WebQuery, WebReply> Answer { get; set; }

    /// <summary>Makes it serve the files of a torrent.</summary>
    public void Share(SwarmTorrent torrent, byte[]? data = null)
    {
        foreach (var file in torrent.Metainfo.Files)
            Files["/" + file.Path] = (data ?? torrent.Data).AsSpan((int)file.Offset, (int)file.Length).ToArray();
    }

    /// <summary>The correct answer to a request.</summary>
    public WebReply Serve(WebQuery request)
    {
        if (!Files.TryGetValue(request.Path, out byte[]? file))
            return new WebReply(404);
        if (request.From is not { } from)
            return new WebReply(200) { Body = file };
        if (from >= file.Length)
            return new WebReply(416);
        long to = Math.Min(request.To ?? file.Length - 1, file.Length - 1);
        return new WebReply(206)
        {
            Body = file.AsMemory((int)from, (int)(to - from + 1)),
            Headers = { ["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{file.Length}") },
        };
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            IConnection connection = await _listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
            Connections++;
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(IConnection connection)
    {
        using (connection)
        {
            try
            {
                while (await ReadAsync(connection).ConfigureAwait(false) is { } request)
                {
                    Requests.Add(request);
                    UnderWay = (UnderWay.Now + 1, Math.Max(UnderWay.Most, UnderWay.Now + 1));
                    try
                    {
                        if (!await SendAsync(connection, Answer(request)).ConfigureAwait(false))
                            return;
                    }
                    finally
                    {
                        UnderWay = (UnderWay.Now - 1, UnderWay.Most);
                    }
                }
            }
            catch (IOException)
            {
                // The client has closed the connection.
            }
        }
    }

    private static async Task<WebQuery?> ReadAsync(IConnection connection)
    {
        byte[] buffer = new byte[MostBytes];
        int length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            int received = await connection.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (received == 0)
                return null;
            length += received;
        }

        return WebQuery.Read(Encoding.ASCII.GetString(buffer, 0, length));
    }

    /// <returns>Whether the connection stays open for another request.</returns>
    private async Task<bool> SendAsync(IConnection connection, WebReply response)
    {
        await Task.Delay(response.Delay, _world.Time).ConfigureAwait(false);
        var head = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {response.Status} x\r\n"));
        foreach ((string name, string value) in response.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (!response.Headers.ContainsKey("Content-Length") && response.Repeat == 1)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {response.Body.Length}\r\n");
        await connection.SendAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString())).ConfigureAwait(false);
        for (long i = 0; i < response.Repeat; i++)
        {
            for (int at = 0; at < response.Body.Length; at += response.Piece ?? Chunk)
            {
                byte[] part = response.Body[at..Math.Min(at + (response.Piece ?? Chunk), response.Body.Length)].ToArray();
                await Task.Delay(response.Pause, _world.Time).ConfigureAwait(false);
                await connection.SendAsync(part).ConfigureAwait(false);
            }
        }

        return response.Repeat == 1 && !response.Closes;
    }
}

#pragma warning disable SA1402 // What the server takes and gives.

/// <summary>A request to the server.</summary>
internal sealed record WebQuery(string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The first requested byte; null means all.</summary>
    public long? From { get; private init; }

    /// <summary>The last requested byte; null: to the end.</summary>
    public long? To { get; private init; }

    public static WebQuery Read(string text)
    {
        string[] lines = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var request = new WebQuery(Uri.UnescapeDataString(lines[0].Split(' ')[1]), headers);
        if (!headers.TryGetValue("Range", out string? range))
            return request;
        string[] ends = range["bytes=".Length..].Split('-');
        return request with
        {
            From = long.Parse(ends[0], CultureInfo.InvariantCulture),
            To = ends[1].Length > 0 ? long.Parse(ends[1], CultureInfo.InvariantCulture) : null,
        };
    }
}

/// <summary>An answer of the server.</summary>
internal sealed class WebReply(int status)
{
    public int Status => status;

    public Dictionary<string, string> Headers { get; init; } = [];

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Number of times the body is sent; above 1 no length is sent.</summary>
    public long Repeat { get; init; } = 1;

    /// <summary>Time until it answers.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Time before each part of the body.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Length of each part in bytes.</summary>
    public int? Piece { get; init; }

    /// <summary>Whether the connection is closed after the body.</summary>
    public bool Closes { get; init; }
}
