using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace TorrentPatron.Engine.Tests.WebSeeds;

/// <summary>A web server over real sockets that sends parts of one file at a limited rate.</summary>
internal sealed class LoopbackWebServer : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;

    private readonly TcpListener _listener;
    private readonly byte[] _file;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<string> _clients = [];

    public LoopbackWebServer(byte[] file, string address = "127.0.0.1", bool isSecure = false)
    {
        _file = file;
        if (isSecure)
            _certificate = MakeCertificate();
        _listener = new TcpListener(IPAddress.Parse(address), 0);
        _listener.Start();
        Address = new Uri($"{(isSecure ? "https" : "http")}://{_listener.LocalEndpoint}/file");
        _ = AcceptAsync();
    }

    /// <summary>The file's address.</summary>
    public Uri Address { get; }

    /// <summary>Time between two parts of 16 KiB.</summary>
    public TimeSpan Pause { get; set; }

    /// <summary>The clients' addresses, one for each request.</summary>
    public IReadOnlyList<string> Clients
    {
        get
        {
            lock (_gate)
                return [.. _clients];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _certificate?.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server has stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                string from = ((IPEndPoint)client.Client.RemoteEndPoint!).Address.ToString();
                await using Stream stream = await SecureAsync(client.GetStream());
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                while (await ReadRangeAsync(reader) is var (first, last))
                {
                    lock (_gate)
                        _clients.Add(from);
                    last = Math.Min(last, _file.Length - 1);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(
                        CultureInfo.InvariantCulture,
                        $"HTTP/1.1 206 x\r\nContent-Length: {last - first + 1}\r\nContent-Range: bytes {first}-{last}/{_file.Length}\r\n\r\n")), _stop.Token);
                    for (int at = first; at <= last; at += Chunk)
                    {
                        if (Pause > TimeSpan.Zero)
                            await Task.Delay(Pause, _stop.Token);
                        await stream.WriteAsync(_file.AsMemory(at, Math.Min(Chunk, last + 1 - at)), _stop.Token);
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException
                or System.Security.Authentication.AuthenticationException)
            {
                // The client has closed the connection.
            }
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream stream)
    {
        if (_certificate is null)
            return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
        return secure;
    }

    private async Task<(int First, int Last)?> ReadRangeAsync(StreamReader reader)
    {
        (int, int)? range = null;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line.Length == 0)
                return range;
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase) && line["Range: bytes=".Length..].Split('-') is [var first, var last])
                range = (int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture));
        }

        return null;
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
