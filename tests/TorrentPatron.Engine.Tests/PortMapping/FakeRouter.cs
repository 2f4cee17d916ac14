using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;

namespace TorrentPatron.Engine.Tests.PortMapping;

/// <summary>A router and its network: requests, answers and mappings.</summary>
internal sealed partial class FakeRouter(TimeProvider time) : INetwork
{
    public static readonly IPAddress Address = IPAddress.Parse("192.168.1.1");
    public static readonly IPAddress Local = IPAddress.Parse("192.168.1.5");
    public static readonly IPAddress Stranger = IPAddress.Parse("192.168.1.66");

    /// <summary>Its IPv6 address and ours, and its address for UPnP.</summary>
    public static readonly IPAddress Address6 = IPAddress.Parse("fe80::1%2"), Local6 = IPAddress.Parse("2001:db8::5"), Outside6 = IPAddress.Parse("2001:db8::1");

    private readonly List<RouterSocket> _groups = [];
    private DateTimeOffset _started = time.GetUtcNow();

    public bool SpeaksPcp { get; set; }

    public bool SpeaksNatPmp { get; set; }

    /// <summary>The description's address in the answer to a search; null: UPnP is unsupported.</summary>
    public string? Description { get; set; }

    /// <summary>The UPnP error code for a mapping's external port and lease; null: the mapping succeeds.</summary>
    public Func<ushort, uint, int?> UpnpFault { get; set; } = (_, _) => null;

    /// <summary>The offset of the mapped port from the requested one.</summary>
    public int PortShift { get; set; }

    public uint Lifetime { get; set; } = 3_600;

    /// <summary>Changes the answer to each mapping request, or adds others before it: sender and datagram.</summary>
    public Func<byte[], IEnumerable<(IPAddress From, byte[] Datagram)>> Say { get; set; } = answer => [(Address, answer)];

    /// <summary>The mappings: protocol and external port to our port and the nonce.</summary>
    public ConcurrentDictionary<(ProtocolType Protocol, int External), (int Internal, string Nonce)> Mapped { get; } = new();

    /// <summary>Whether it opens its IPv6 firewall on UPnP requests; on PCP requests it does if PCP is supported.</summary>
    public bool HasFirewall { get; set; }

    /// <summary>The description's address in the answer to a search over IPv6.</summary>
    public string Description6 { get; set; } = "http://[2001:db8::1]:5000/rootDesc.xml";

    /// <summary>The holes in its firewall: protocol and port to the nonce or number that identifies them.</summary>
    public ConcurrentDictionary<(ProtocolType Protocol, int Port), string> Holes { get; } = new();

    /// <summary>Datagrams and connections sent to it or to other hosts.</summary>
    public ConcurrentQueue<(IPEndPoint To, byte[] Datagram)> Asked { get; } = new();

    public ConcurrentQueue<IPEndPoint> Dialled { get; } = new();

    public ReadOnlyCollection<IPAddress> LocalAddresses => [Local];

    public ReadOnlyCollection<IPAddress> GroupAddresses => [Local];

    public ReadOnlyCollection<NetworkGateway> Gateways { get; set; } = [new NetworkGateway(Address, Local)];

    private uint Epoch => (uint)(time.GetUtcNow() - _started).TotalSeconds;

    /// <summary>Loses all mappings and, if requested, announces that.</summary>
    public void Restart(bool isSaid, IPAddress? by = null)
    {
        Mapped.Clear();
        _started = time.GetUtcNow();
        if (!isSaid)
            return;
        byte[] announce = new byte[24];
        (announce[0], announce[1]) = (2, 0x80);
        lock (_groups)
            _groups.ForEach(group => group.Deliver(by ?? Address, 5351, announce));
    }

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("No name is looked up for a router.");

    public IListener Listen(IPEndPoint local) => throw new NotSupportedException();

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
    {
        Assert.Contains(local.Address, (IPAddress[])[Local, Local6]);
        return new RouterSocket(this);
    }

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local)
    {
        var socket = new RouterSocket(this);
        lock (_groups)
            _groups.Add(socket);
        return socket;
    }

    public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        Dialled.Enqueue(remote);
        (MemoryConnection dialler, MemoryConnection router) = MemoryConnection.Pair(new IPEndPoint(Local, 1), remote);
        _ = ServeAsync(router);
        return Task.FromResult<IConnection>(dialler);
    }

    private void Take(RouterSocket from, byte[] datagram, IPEndPoint to)
    {
        Asked.Enqueue((to, datagram));
        if (to.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Take6(from, datagram, to);
        }
        else if (to.Port == 1900)
        {
            if (Description is not null)
            {
                byte[] answer = Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nLOCATION: {Description}\r\n\r\n");
                foreach ((IPAddress by, byte[] said) in Say(answer))
                    from.Deliver(by, 1900, said);
            }
        }
        else if (datagram[0] == 2 && SpeaksPcp)
        {
            Answer(from, Map((ProtocolType)datagram[36], datagram, 40, BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(4)), Convert.ToHexString(datagram, 24, 12)));
        }
        else if (datagram[0] == 2 && SpeaksNatPmp)
        {
            from.Deliver(Address, 5351, [0, 0x81, 0, 1, 0, 0, 0, 0]);
        }
        else if (datagram[0] == 0 && SpeaksNatPmp)
        {
            if (datagram[1] == 0)
                from.Deliver(Address, 5351, [0, 0x80, 0, 0, .. Number(Epoch), 203, 0, 113, 7]);
            else
                Answer(from, Map(datagram[1] == 1 ? ProtocolType.Udp : ProtocolType.Tcp, datagram, 4, BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(8)), ""));
        }

        void Answer(RouterSocket socket, byte[] answer)
        {
            foreach ((IPAddress by, byte[] said) in Say(answer))
                socket.Deliver(by, 5351, said);
        }
    }

    private void Take6(RouterSocket from, byte[] datagram, IPEndPoint to)
    {
        if (to.Port == 1900 && HasFirewall)
        {
            from.Deliver(Address6, 1900, Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:2\r\nLOCATION: {Description6}\r\n\r\n"));
        }
        else if (to.Port == 5351 && datagram[0] == 2 && SpeaksPcp)
        {
            uint lifetime = BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(4));
            Assert.Equal(Local6, new IPAddress(datagram.AsSpan(8, 16)));
            (ProtocolType Protocol, int Port) hole = ((ProtocolType)datagram[36], BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(40)));
            string nonce = Convert.ToHexString(datagram, 24, 12);
            if (lifetime == 0)
                Holes.TryRemove(new(hole, nonce));
            else
                Holes[hole] = nonce;
            from.Deliver(
                Address6, 5351,
                [2, 0x81, 0, 0, .. Number(lifetime == 0 ? 0 : Lifetime), .. Number(Epoch), .. new byte[12], .. datagram[24..42], .. datagram[40..42], .. datagram[8..24]]);
        }
    }

    private byte[] Map(ProtocolType protocol, byte[] request, int ports, uint lifetime, string nonce)
    {
        ushort own = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(ports));
        ushort external = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(ports + 2)));
        if (lifetime == 0)
        {
            foreach (KeyValuePair<(ProtocolType Protocol, int External), (int Internal, string Nonce)> mapped in Mapped)
            {
                if (mapped.Key.Protocol == protocol && mapped.Value == (own, nonce))
                    Mapped.TryRemove(mapped.Key, out _);
            }
        }
        else
        {
            if (external == own)
                external += (ushort)PortShift;
            Mapped[(protocol, external)] = (own, nonce);
            lifetime = Lifetime;
        }

        byte[] answer = request[0] == 2
            ? [2, 0x81, 0, 0, .. Number(lifetime), .. Number(Epoch), .. new byte[12], .. request[24..42], 0, 0, .. new byte[10], 0xFF, 0xFF, 203, 0, 113, 7]
            : [0, (byte)(request[1] | 0x80), 0, 0, .. Number(Epoch), .. request[4..6], 0, 0, .. Number(lifetime)];
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(request[0] == 2 ? 42 : 10), external);
        return answer;
    }

    private async Task ServeAsync(MemoryConnection connection)
    {
        using (connection)
        {
            string request = "";
            byte[] buffer = new byte[4_096];
            while (!IsWhole(request))
            {
                int length = await connection.ReceiveAsync(buffer);
                if (length == 0)
                    return;
                request += Encoding.UTF8.GetString(buffer, 0, length);
            }

            (int status, string body) = Answer(request);
            await connection.SendAsync(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}")));
        }
    }

    private (int Status, string Body) Answer(string request)
    {
        if (request.StartsWith("GET ", StringComparison.Ordinal))
        {
            string type = HasFirewall ? "WANIPv6FirewallControl:1" : "WANIPConnection:1";
            return (200, $"<root><device><service><serviceType>urn:schemas-upnp-org:service:{type}</serviceType><controlURL>/ctl</controlURL></service></device></root>");
        }

        string action = ActionPattern().Match(request).Groups[1].Value;
        ushort external = ushort.TryParse(Value("NewExternalPort"), out ushort port) ? port : (ushort)0;
        ProtocolType protocol = Value("NewProtocol") == "UDP" ? ProtocolType.Udp : ProtocolType.Tcp;
        switch (action)
        {
            case "AddPinhole":
                Assert.Equal(("2001:db8::5", ""), (Value("InternalClient"), Value("RemoteHost")));
                (ProtocolType, int) hole = ((ProtocolType)int.Parse(Value("Protocol"), CultureInfo.InvariantCulture), int.Parse(Value("InternalPort"), CultureInfo.InvariantCulture));
                string id = (Holes.Count + 1).ToString(CultureInfo.InvariantCulture);
                Holes[hole] = id;
                return (200, Envelope($"<u:AddPinholeResponse><UniqueID>{id}</UniqueID></u:AddPinholeResponse>"));
            case "UpdatePinhole" when !Holes.Values.Contains(Value("UniqueID")):
                return (500, Envelope("<s:Fault><detail><UPnPError><errorCode>704</errorCode></UPnPError></detail></s:Fault>"));
            case "DeletePinhole":
                foreach (KeyValuePair<(ProtocolType Protocol, int Port), string> known in Holes.Where(known => known.Value == Value("UniqueID")))
                    Holes.TryRemove(known);
                break;
            case "GetExternalIPAddress":
                return (200, Envelope("<u:GetExternalIPAddressResponse><NewExternalIPAddress>203.0.113.7</NewExternalIPAddress></u:GetExternalIPAddressResponse>"));
            case "DeletePortMapping":
                Mapped.TryRemove((protocol, external), out _);
                break;
            case "AddPortMapping":
                if (UpnpFault(external, uint.Parse(Value("NewLeaseDuration"), CultureInfo.InvariantCulture)) is { } fault)
                {
                    return (500, Envelope(string.Create(
                        CultureInfo.InvariantCulture, $"<s:Fault><detail><UPnPError><errorCode>{fault}</errorCode></UPnPError></detail></s:Fault>")));
                }

                Mapped[(protocol, external)] = (int.Parse(Value("NewInternalPort"), CultureInfo.InvariantCulture), Value("NewInternalClient"));
                break;
        }

        return (200, Envelope($"<u:{action}Response/>"));

        string Value(string name) => Regex.Match(request, $"<{name}>(.*?)</{name}>").Groups[1].Value;
    }

    private static string Envelope(string body) => $"<s:Envelope xmlns:s=\"s\" xmlns:u=\"u\"><s:Body>{body}</s:Body></s:Envelope>";

    private static bool IsWhole(string request)
    {
        int end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        Match length = LengthPattern().Match(request);
        return !length.Success || request.Length >= end + 4 + int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static byte[] Number(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    [GeneratedRegex("#(\\w+)\"")]
    private static partial Regex ActionPattern();

    [GeneratedRegex("Content-Length: (\\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex LengthPattern();

    private sealed class RouterSocket(FakeRouter router) : IDatagramSocket
    {
        private readonly Channel<(byte[] Datagram, IPEndPoint From)> _received = Channel.CreateUnbounded<(byte[], IPEndPoint)>();

        public IPEndPoint LocalEndPoint { get; } = new(Local, 50_000);

        public void Deliver(IPAddress from, int port, byte[] datagram) => _received.Writer.TryWrite((datagram, new IPEndPoint(from, port)));

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
        {
            router.Take(this, datagram.ToArray(), remote);
            return ValueTask.CompletedTask;
        }

        public ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
        {
            batch.Clear();
            try
            {
                (byte[] datagram, IPEndPoint from) = await _received.Reader.ReadAsync(cancellationToken);
                batch.TryAdd(datagram, from);
            }
            catch (ChannelClosedException e)
            {
                throw new IOException("closed", e);
            }
        }

        public void Dispose() => _received.Writer.TryComplete();
    }
}
