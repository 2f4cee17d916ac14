using System.Globalization;
using System.Text;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>The handshake of an HTTP proxy: the method CONNECT (RFC 9110, 9.3.6), with Basic authentication (RFC 7617).</summary>
public sealed class HttpConnectHandshake : ProxyHandshake
{
    /// <summary>The longest header of an answer, bytes.</summary>
    public const int MostHeaderBytes = 16 * 1024;

    private const int StatusLength = 12; // "HTTP/1.1 200"

    private readonly bool _hasCredential;

    /// <summary>Bytes already searched for the end of the header.</summary>
    private int _searched;

    /// <summary>Starts the handshake. Its bytes are available from the start.</summary>
    /// <param name="host">The host; the proxy resolves names.</param>
    /// <param name="credential">The user, without a colon, and password; null means none.</param>
    /// <exception cref="ArgumentException">The user contains a colon, or the host name is not ASCII.</exception>
    public HttpConnectHandshake(HostEndPoint host, ProxyCredential? credential)
    {
        ArgumentNullException.ThrowIfNull(host);
        string authority = host.ToString();
        if (authority.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException("The host name must be ASCII.", nameof(host));
        string request = string.Create(CultureInfo.InvariantCulture, $"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if (credential is not null)
        {
            if (credential.GetUser().Contains(':', StringComparison.Ordinal))
                throw new ArgumentException("The user of an HTTP proxy must not contain a colon.", nameof(credential));
            string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.GetUser()}:{credential.GetPassword()}"));
            request += $"Proxy-Authorization: Basic {basic}\r\n";
        }

        _hasCredential = credential is not null;
        Send(Encoding.ASCII.GetBytes(request + "\r\n"));
    }

    private protected override bool Step()
    {
        ReadOnlySpan<byte> beginning = "HTTP/1."u8;
        int seen = Math.Min(Rest.Length, beginning.Length);
        if (!Rest[..seen].SequenceEqual(beginning[..seen]))
            return Fail(ProxyFailure.NotAProxy);
        // Anything after the empty line belongs to the stream.
        ReadOnlySpan<byte> header = Rest[..Math.Min(Rest.Length, MostHeaderBytes)];
        int end = FindEnd(header);
        if (end < 0)
            return Rest.Length >= MostHeaderBytes && Fail(ProxyFailure.NotAProxy);
        ProxyFailure failure = FailureOf(header[..end]);
        if (failure != ProxyFailure.None)
            return Fail(failure);
        Take(end);
        return Finish();
    }

    /// <summary>Finds the end of the header: an empty line; the line before it may end without a carriage return.</summary>
    private int FindEnd(ReadOnlySpan<byte> header)
    {
        for (int at = _searched; ; at++)
        {
            int next = header[at..].IndexOf((byte)'\n');
            if (next < 0)
                break;
            at += next;
            ReadOnlySpan<byte> behind = header[(at + 1)..];
            if (behind is [(byte)'\n', ..])
                return at + 2;
            if (behind is [(byte)'\r', (byte)'\n', ..])
                return at + 3;
        }

        // The last three bytes may be the beginning of the end.
        _searched = Math.Max(0, header.Length - 3);
        return -1;
    }

    private ProxyFailure FailureOf(ReadOnlySpan<byte> header)
    {
        if (header.Length <= StatusLength || header[StatusLength - 4] != ' ' || header[StatusLength] is not ((byte)' ' or (byte)'\r' or (byte)'\n')
            || !int.TryParse(header.Slice(StatusLength - 3, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status))
            return ProxyFailure.NotAProxy;
        return status switch
        {
            200 => ProxyFailure.None,
            // tinyproxy answers 401 to a wrong password.
            401 or 407 => _hasCredential ? ProxyFailure.CredentialRefused : ProxyFailure.CredentialRequired,
            403 => ProxyFailure.Forbidden,
            404 or 502 or 503 => ProxyFailure.HostUnreachable,
            405 or 501 => ProxyFailure.CommandUnsupported,
            504 => ProxyFailure.TimedOut,
            _ => ProxyFailure.General,
        };
    }
}
