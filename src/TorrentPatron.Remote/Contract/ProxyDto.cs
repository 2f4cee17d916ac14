using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>A proxy on the wire.</summary>
internal sealed class ProxyDto
{
    public string? Kind { get; set; }

    public string? Host { get; set; }

    public string? Uses { get; set; }

    /// <summary>The user's name; only to the service.</summary>
    public string? User { get; set; }

    /// <summary>The password; only to the service.</summary>
    public string? Password { get; set; }

    /// <summary>From the service: whether there is a user and password. To the service: keep those of the same proxy.</summary>
    public bool KeepCredential { get; set; }

    [return: NotNullIfNotNull(nameof(proxy))]
    public static ProxyDto? Of(ProxySettings? proxy, bool withSecrets) => proxy is null ? null : new ProxyDto
    {
        Kind = proxy.Kind.ToString(),
        Host = proxy.Host.ToString(),
        Uses = proxy.Uses.ToString(),
        User = withSecrets ? proxy.Credential?.GetUser() : null,
        Password = withSecrets ? proxy.Credential?.GetPassword() : null,
        KeepCredential = !withSecrets && proxy.Credential is not null,
    };

    public ProxySettings ToProxy() => !HostEndPoint.TryParse(Host ?? "", out HostEndPoint? host)
        ? throw new TorrentException(ContractErrors.InvalidValue(Host ?? "", "a proxy's host and port"))
        : new ProxySettings(Wire.ToEnum<ProxyKind>(Kind), host)
        {
            Uses = Wire.ToEnum(Uses, ProxyUses.All),
            Credential = User is null ? null : new ProxyCredential(User, Password ?? ""),
        };
}
