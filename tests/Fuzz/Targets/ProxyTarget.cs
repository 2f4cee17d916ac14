using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Answers of proxies: the first byte selects the handshake, the rest is its received data.</summary>
internal sealed class ProxyTarget : IFuzzTarget
{
    private static readonly HostEndPoint Host = new("tracker.example", 80);
    private static readonly ProxyCredential Credential = new("user", "password");

    public string Name => "proxy";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            [0, .. Convert.FromHexString("0500" + "05000001C00002071AE1"), 1, 2, 3],
            [1, .. Convert.FromHexString("0502" + "0100" + "050000030461626364" + "0050"), 1, 2],
            [1, .. Convert.FromHexString("0500" + "05000004" + "20010DB8000000000000000000000002" + "1F90")],
            [1, .. Convert.FromHexString("0502" + "0101")],
            [2, .. Convert.FromHexString("005A000000000000"), 9],
            [2, .. Convert.FromHexString("005B000000000000")],
            [3, .. "HTTP/1.1 200 OK\r\nProxy-agent: some\r\n\r\nstream"u8],
            [3, .. "HTTP/1.0 407 No\nProxy-Authenticate: Basic\n\n"u8],
        ],
        [[5, 0], [5, 0xFF], [5, 2], [1, 0], [0, 90], [.. "\r\n\r\n"u8], [.. "HTTP/1.1 200"u8], [.. "\n"u8]]);

    public long AllowedBytes(int length) => 128 * 1024 + (64L * length);

    public bool Run(byte[] input)
    {
        if (input.Length == 0)
            return false;
        ProxyHandshake atOnce = Make(input[0]), inParts = Make(input[0]);
        Receive(atOnce, input.AsSpan(1), int.MaxValue);
        int taken = Receive(inParts, input.AsSpan(1), 7);
        Property.Holds(atOnce.State == inParts.State && atOnce.Failure == inParts.Failure, "bytes in parts give the same result");
        Property.Holds(atOnce.State != ProxyHandshakeState.Open || input.Length <= 1 + HttpConnectHandshake.MostHeaderBytes, "no wait is endless");
        Property.Holds((atOnce.State == ProxyHandshakeState.Failed) == (atOnce.Failure != ProxyFailure.None), "a failure has a reason");
        if (atOnce.State != ProxyHandshakeState.Done)
            return false;
        Property.Same(atOnce.Received.Span, [.. inParts.Received.Span, .. input.AsSpan(1 + taken)], "the stream does not depend on how it arrived");
        Property.Holds(!atOnce.Received.Span.Contains((byte)0) || input.AsSpan(1).EndsWith(atOnce.Received.Span), "the stream is the rest of the input");
        return true;
    }

    private static int Receive(ProxyHandshake side, ReadOnlySpan<byte> bytes, int most)
    {
        int taken = 0;
        side.TakeToSend();
        while (taken < bytes.Length && side.State == ProxyHandshakeState.Open)
        {
            int length = Math.Min(most, bytes.Length - taken);
            side.Receive(bytes.Slice(taken, length));
            side.TakeToSend();
            taken += length;
        }

        return taken;
    }

    private static ProxyHandshake Make(byte which) => (which % 4) switch
    {
        0 => new Socks5Handshake(Socks5Command.Connect, Host, null),
        1 => new Socks5Handshake(Socks5Command.UdpAssociate, Host, Credential),
        2 => new Socks4Handshake(Host, knowsNames: true, Credential),
        _ => new HttpConnectHandshake(Host, Credential),
    };
}
