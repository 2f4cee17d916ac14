using System.Net;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Issues the tokens that announces require (BEP 5): a token proves that its sender received a message at its address, so nobody
/// can announce for another. A token is a keyed hash of the address; nothing is stored for it. Not thread-safe.
/// </summary>
public sealed class TokenIssuer
{
    /// <summary>Time after which a new secret is used. The previous one stays valid: a token lasts for 5 to 10 minutes.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const int TokenLength = 8;
    private const int SecretLength = 32;

    private readonly Action<Span<byte>> _fill;
    private readonly byte[] _secret = new byte[SecretLength];
    private readonly byte[] _last = new byte[SecretLength];
    private TimeSpan _since;

    /// <summary>Makes an issuer.</summary>
    /// <param name="fill">Generates secrets, which must be unpredictable.</param>
    /// <param name="now">The time on a monotonic clock.</param>
    public TokenIssuer(Action<Span<byte>> fill, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(fill);
        _fill = fill;
        fill(_secret);
        fill(_last);
        _since = now;
    }

    /// <summary>Makes the token for an address.</summary>
    /// <param name="address">The querying node's address.</param>
    /// <param name="now">The time on the clock of the constructor.</param>
    public byte[] Issue(IPAddress address, TimeSpan now)
    {
        Renew(now);
        var token = new byte[TokenLength];
        Compute(_secret, address, token);
        return token;
    }

    /// <summary>Whether a token was issued to an address, not too long ago.</summary>
    /// <param name="token">The token.</param>
    /// <param name="address">The announcing node's address.</param>
    /// <param name="now">The time on the clock of the constructor.</param>
    public bool IsValid(ReadOnlySpan<byte> token, IPAddress address, TimeSpan now)
    {
        Renew(now);
        Span<byte> expected = stackalloc byte[TokenLength];
        Compute(_secret, address, expected);
        bool isNew = CryptographicOperations.FixedTimeEquals(token, expected);
        Compute(_last, address, expected);
        return isNew | CryptographicOperations.FixedTimeEquals(token, expected);
    }

    private void Renew(TimeSpan now)
    {
        // After a long pause both are too old.
        for (int i = 0; i < 2 && now - _since >= Lifetime; i++)
        {
            _secret.CopyTo(_last, 0);
            _fill(_secret);
            _since = now - _since >= Lifetime * 2 ? now - Lifetime : now;
        }
    }

    private static void Compute(ReadOnlySpan<byte> secret, IPAddress address, Span<byte> token)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, bytes[..length], hash);
        hash[..token.Length].CopyTo(token);
    }
}
