using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>The handshake of SOCKS4 and, for hosts given by name, SOCKS4a.</summary>
public sealed class Socks4Handshake : ProxyHandshake
{
    private const byte Version = 4;
    private const byte Connect = 1;
    private const int HeadLength = 8;
    private const int AnswerLength = 8;

    /// <summary>Starts the handshake. Its bytes are available from the start.</summary>
    /// <param name="host">The host, with an IPv4 address or, for SOCKS4a, a name, which the proxy resolves.</param>
    /// <param name="knowsNames">Whether the proxy supports SOCKS4a.</param>
    /// <param name="credential">The user; SOCKS4 has no password. Null means none.</param>
    /// <exception cref="ArgumentException">The host name or the user is too long, or contains a 0 byte.</exception>
    /// <remarks>A host of another kind fails at once with <see cref="ProxyFailure.AddressUnsupported"/>.</remarks>
    public Socks4Handshake(HostEndPoint host, bool knowsNames, ProxyCredential? credential)
    {
        ArgumentNullException.ThrowIfNull(host);
        byte[] user = Encoding.UTF8.GetBytes(credential?.GetUser() ?? "");
        byte[] name = host.EndPoint is null ? Encoding.ASCII.GetBytes(host.Host) : [];
        if (user.Length > ProxyCredential.MostBytes || user.AsSpan().Contains((byte)0))
            throw new ArgumentException($"The user of a SOCKS4 proxy must have at most {ProxyCredential.MostBytes} bytes, none of them 0.", nameof(credential));
        if (name.Length > Socks5Address.MostNameBytes || name.AsSpan().Contains((byte)0))
            throw new ArgumentException("The host's name is too long.", nameof(host));
        if (host.EndPoint is { Address.AddressFamily: not AddressFamily.InterNetwork, Address.IsIPv4MappedToIPv6: false } || (host.EndPoint is null && !knowsNames))
        {
            Fail(ProxyFailure.AddressUnsupported);
            return;
        }

        Span<byte> head = stackalloc byte[HeadLength];
        head[0] = Version;
        head[1] = Connect;
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)host.Port);
        if (host.EndPoint is { } endPoint)
            endPoint.Address.MapToIPv4().TryWriteBytes(head[4..], out _);
        else
            head[7] = 1; // 0.0.0.1: a name follows.
        Send(head);
        Send(user);
        Send([0]);
        if (host.EndPoint is null)
        {
            Send(name);
            Send([0]);
        }
    }

    private protected override bool Step()
    {
        // The answer's version is 0.
        if (Rest is [not 0, ..])
            return Fail(ProxyFailure.NotAProxy);
        if (Rest.Length < 2)
            return false;
        switch (Rest[1])
        {
            case 90:
                if (Rest.Length < AnswerLength)
                    return false;
                Take(AnswerLength);
                return Finish();
            case 91:
                return Fail(ProxyFailure.General);
            case 92 or 93:
                return Fail(ProxyFailure.CredentialRefused);
            default:
                return Fail(ProxyFailure.NotAProxy);
        }
    }
}
