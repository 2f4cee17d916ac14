using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A scripted SOCKS5 proxy on loopback that resolves names from its own list.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly SocketNetwork _network = new(IPAddress.Loopback);
    private readonly IListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<IConnection> _controls = [];
    private readonly Task _accepting;

    public TestProxy()
    {
        _listener = _network.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public ProxySettings Settings => new(ProxyKind.Socks5, new HostEndPoint("127.0.0.1", EndPoint.Port));

    /// <summary>The received requests: "connect host:port", "associate", "datagram host:port".</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>The addresses of names.</summary>
    public ConcurrentDictionary<string, IPAddress> Names { get; } = [];

    /// <summary>User and password, with a colon between them; null: none is wanted.</summary>
    public string? Credential { get; set; }

    /// <summary>The reply code to connect requests; 0: it makes the connection.</summary>
    public byte Reply { get; set; }

    /// <summary>Whether it carries datagrams.</summary>
    public bool CarriesDatagrams { get; set; } = true;

    /// <summary>Whether it never answers.</summary>
    public bool IsSilent { get; set; }

    /// <summary>A fixed answer to everything; null: it answers as a proxy does.</summary>
    public byte[]? Noise { get; set; }

    /// <summary>Ends the connections of UDP associations.</summary>
    public void EndAssociations()
    {
        while (_controls.TryTake(out IConnection? control))
            control.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        EndAssociations();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                IConnection connection = await _listener.AcceptAsync(_stop.Token);
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(IConnection client)
    {
        using CancellationTokenRegistration end = _stop.Token.UnsafeRegister(_ => client.Dispose(), null);
        try
        {
            if (IsSilent)
            {
                await client.ReceiveAsync(new byte[1000]);
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            if (Noise is not null)
            {
                await client.SendAsync(Noise);
                return;
            }

            byte[] head = await ReadAsync(client, 2);
            byte[] methods = await ReadAsync(client, head[1]);
            byte method = Credential is null ? (byte)0 : methods.Contains((byte)2) ? (byte)2 : (byte)0xFF;
            await client.SendAsync(new byte[] { 5, method });
            if (method == 0xFF || (method == 2 && !await AuthenticateAsync(client)))
                return;
            byte[] request = await ReadAsync(client, 4);
            (string host, int port) = await ReadHostAsync(client, request[3]);
            if (request[1] == 3)
                await AssociateAsync(client);
            else
                await ConnectAsync(client, host, port);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The test or the client has ended.
        }
        finally
        {
            client.Dispose();
        }
    }

    private async Task<bool> AuthenticateAsync(IConnection client)
    {
        byte[] head = await ReadAsync(client, 2);
        string user = Encoding.UTF8.GetString(await ReadAsync(client, head[1]));
        string password = Encoding.UTF8.GetString(await ReadAsync(client, (await ReadAsync(client, 1))[0]));
        bool isWelcome = Credential == $"{user}:{password}";
        await client.SendAsync(new byte[] { 1, isWelcome ? (byte)0 : (byte)1 });
        return isWelcome;
    }

    private async Task ConnectAsync(IConnection client, string host, int port)
    {
        Asked.Enqueue($"connect {host}:{port}");
        IPAddress? address = Find(host);
        if (Reply != 0 || address is null)
        {
            await client.SendAsync(new byte[] { 5, Reply == 0 ? (byte)4 : Reply, 0, 1, 0, 0, 0, 0, 0, 0 });
            return;
        }

        using IConnection target = await _network.ConnectAsync(new IPEndPoint(address, port), NetworkUse.Peers, _stop.Token);
        await client.SendAsync(new byte[] { 5, 0, 0, 1, 127, 0, 0, 1, 0, 80 });
        using CancellationTokenRegistration end = _stop.Token.UnsafeRegister(_ => target.Dispose(), null);
        await Task.WhenAny(CopyAsync(client, target), CopyAsync(target, client));
    }

    private async Task AssociateAsync(IConnection client)
    {
        Asked.Enqueue("associate");
        if (!CarriesDatagrams)
        {
            await client.SendAsync(new byte[] { 5, 7, 0, 1, 0, 0, 0, 0, 0, 0 });
            return;
        }

        using IDatagramSocket relay = _network.OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        byte[] reply = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(8), (ushort)relay.LocalEndPoint.Port);
        await client.SendAsync(reply);
        _controls.Add(client);
        _ = RelayAsync(relay);
        await client.ReceiveAsync(new byte[1]);
    }

    private async Task RelayAsync(IDatagramSocket relay)
    {
        var batch = new DatagramBatch(8, 8192);
        IPEndPoint? client = null;
        try
        {
            while (true)
            {
                await relay.ReceiveAsync(batch, _stop.Token);
                for (int i = 0; i < batch.Count; i++)
                {
                    byte[] datagram = batch[i].ToArray();
                    client ??= batch.Remote(i);
                    if (batch.Remote(i).Equals(client))
                    {
                        int length = datagram[3] == 1 ? 4 : datagram[3] == 4 ? 16 : 1 + datagram[4];
                        string host = datagram[3] == 3
                            ? Encoding.ASCII.GetString(datagram, 5, datagram[4])
                            : new IPAddress(datagram.AsSpan(4, length)).ToString();
                        int port = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(4 + length));
                        Asked.Enqueue($"datagram {host}:{port}");
                        if (Find(host) is { } address)
                            await relay.SendAsync(datagram.AsMemory(6 + length), new IPEndPoint(address, port), _stop.Token);
                    }
                    else
                    {
                        byte[] header = [0, 0, 0, 1, .. batch.Remote(i).Address.GetAddressBytes(), 0, 0];
                        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(8), (ushort)batch.Remote(i).Port);
                        await relay.SendAsync((byte[])[.. header, .. datagram], client, _stop.Token);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The association has ended.
        }
    }

    private IPAddress? Find(string host) => IPAddress.TryParse(host, out IPAddress? address) ? address : Names.GetValueOrDefault(host);

    private static async Task<(string Host, int Port)> ReadHostAsync(IConnection client, byte kind)
    {
        string host = kind switch
        {
            1 => new IPAddress(await ReadAsync(client, 4)).ToString(),
            4 => new IPAddress(await ReadAsync(client, 16)).ToString(),
            _ => Encoding.ASCII.GetString(await ReadAsync(client, (await ReadAsync(client, 1))[0])),
        };
        return (host, BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(client, 2)));
    }

    private static async Task<byte[]> ReadAsync(IConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0, received; have < count; have += received)
        {
            received = await connection.ReceiveAsync(bytes.AsMemory(have));
            if (received == 0)
                throw new IOException("closed");
        }

        return bytes;
    }

    private static async Task CopyAsync(IConnection from, IConnection to)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer) is > 0 and int received)
            await to.SendAsync(buffer.AsMemory(0, received));
    }
}
