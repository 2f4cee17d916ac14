using System.IO.Pipes;
using System.Runtime.Versioning;
using System.Security.Principal;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Connects to a Windows named pipe.</summary>
[SupportedOSPlatform("windows")]
internal static class PipeDialer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Connects, and verifies the owner of the service.</summary>
    /// <param name="address">The pipe's address.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/> or <see cref="Engine.Client.TorrentErrorId.ServiceAccessDenied"/>.
    /// </exception>
    public static async Task<RpcTransport> DialAsync(string address, CancellationToken cancellationToken)
    {
        // Any process could take the name first: it would learn who we are, but cannot act in our name.
        var pipe = new NamedPipeClientStream(
            ".", PipeListener.NameOf(address), PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.WriteThrough, TokenImpersonationLevel.Identification);
        try
        {
            // This also waits if nobody listens: checking for the name first would be a connection itself.
            await pipe.ConnectAsync(Patience, cancellationToken).ConfigureAwait(false);
            var owner = (SecurityIdentifier?)pipe.GetAccessControl().GetOwner(typeof(SecurityIdentifier));
            using var user = WindowsIdentity.GetCurrent();
            bool isTrusted = owner is not null && (owner == user.User
                || owner.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) || owner.IsWellKnown(WellKnownSidType.LocalSystemSid));
            if (!isTrusted)
                throw EndpointErrors.Foreign(address, owner?.Value ?? "unknown");
            return new RpcTransport(pipe, new PeerCredential(owner!.Value, null));
        }
        catch (Exception fault)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw fault switch
            {
                TimeoutException => EndpointErrors.NotRunning(address, fault),
                UnauthorizedAccessException => EndpointErrors.Denied(address, fault),
                IOException => EndpointErrors.Unreachable(address, fault),
                _ => fault,
            };
        }
    }
}
