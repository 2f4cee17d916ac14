using System.Net;
using System.Text;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>The handshake of SOCKS5 (RFC 1928), without authentication or with user and password (RFC 1929).</summary>
public sealed class Socks5Handshake : ProxyHandshake
{
    private const byte Version = 5;
    private const byte PasswordVersion = 1;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte NoneAcceptable = 0xFF;
    private const int ReplyHead = 3;

    private readonly ProxyCredential? _credential;
    private readonly Socks5Command _command;
    private readonly HostEndPoint _host;
    private Func<bool> _next;

    /// <summary>Starts the handshake. Its first bytes are available from the start.</summary>
    /// <param name="command">The command.</param>
    /// <param name="host">
    /// The host; the proxy resolves names. For datagrams: the address that they will come from, <c>0.0.0.0</c> and port 0 if
    /// unknown.
    /// </param>
    /// <param name="credential">The user and password; null means none.</param>
    /// <exception cref="ArgumentException">The host name, the user or the password is too long, or empty.</exception>
    public Socks5Handshake(Socks5Command command, HostEndPoint host, ProxyCredential? credential)
    {
        ArgumentNullException.ThrowIfNull(host);
        // Before anything is sent.
        _ = Socks5Address.Write(stackalloc byte[Socks5Address.MostBytes], host);
        _ = credential is null ? [] : Write(credential);
        (_command, _host, _credential) = (command, host, credential);
        Send(credential is null ? [Version, 1, NoAuthentication] : [Version, 2, NoAuthentication, UserAndPassword]);
        _next = TakeMethod;
    }

    /// <summary>
    /// The proxy's source address or, for datagrams, its relay address, once the handshake is done; null if it named none.
    /// </summary>
    public IPEndPoint? Bound { get; private set; }

    private protected override bool Step() => _next();

    private bool TakeMethod()
    {
        if (Rest is [not Version, ..])
            return Fail(ProxyFailure.NotAProxy);
        if (Rest is not [Version, byte method, ..])
            return false;
        Take(2);
        switch (method)
        {
            case NoAuthentication:
                return Ask();
            case UserAndPassword when _credential is not null:
                Send(Write(_credential));
                _next = TakeAuthentication;
                return true;
            case NoneAcceptable:
                return Fail(_credential is null ? ProxyFailure.CredentialRequired : ProxyFailure.CredentialRefused);
            default:
                return Fail(ProxyFailure.NotAProxy);
        }
    }

    private bool TakeAuthentication()
    {
        if (Rest is [not PasswordVersion, ..])
            return Fail(ProxyFailure.NotAProxy);
        if (Rest is not [PasswordVersion, byte status, ..])
            return false;
        Take(2);
        return status == 0 ? Ask() : Fail(ProxyFailure.CredentialRefused);
    }

    private bool Ask()
    {
        Span<byte> request = stackalloc byte[ReplyHead + Socks5Address.MostBytes];
        request[0] = Version;
        request[1] = (byte)_command;
        request[2] = 0;
        Send(request[..(ReplyHead + Socks5Address.Write(request[ReplyHead..], _host))]);
        _next = TakeReply;
        return true;
    }

    private bool TakeReply()
    {
        if (Rest is [not Version, ..])
            return Fail(ProxyFailure.NotAProxy);
        if (Rest is not [Version, byte reply, ..])
            return false;
        // Some close after a refusal, without the address.
        if (reply != 0)
            return Fail(FailureOf(reply));
        if (Rest.Length < ReplyHead)
            return false;
        int length = Socks5Address.LengthOf(Rest[ReplyHead..]);
        if (length < 0)
            return Fail(ProxyFailure.NotAProxy);
        if (length == 0 || Rest.Length < ReplyHead + length)
            return false;
        Bound = Socks5Address.Read(Rest.Slice(ReplyHead, length));
        Take(ReplyHead + length);
        return Finish();
    }

    private static byte[] Write(ProxyCredential credential)
    {
        byte[] user = Encoding.UTF8.GetBytes(credential.GetUser());
        byte[] password = Encoding.UTF8.GetBytes(credential.GetPassword());
        if (user.Length is 0 or > ProxyCredential.MostBytes || password.Length is 0 or > ProxyCredential.MostBytes)
            throw new ArgumentException($"The user and password of a SOCKS5 proxy must have 1 to {ProxyCredential.MostBytes} bytes each.", nameof(credential));
        return [PasswordVersion, (byte)user.Length, .. user, (byte)password.Length, .. password];
    }

    private static ProxyFailure FailureOf(byte reply) => reply switch
    {
        2 => ProxyFailure.Forbidden,
        3 => ProxyFailure.NetworkUnreachable,
        4 => ProxyFailure.HostUnreachable,
        5 => ProxyFailure.ConnectionRefused,
        6 => ProxyFailure.TimedOut,
        7 => ProxyFailure.CommandUnsupported,
        8 => ProxyFailure.AddressUnsupported,
        _ => ProxyFailure.General,
    };
}
