using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Listens on a Windows named pipe that only one user can open, and only from this machine.</summary>
/// <remarks>
/// Does not use PipeOptions.CurrentUserOnly, which compares owners: an elevated process' pipe belongs to the administrators.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class PipeListener : IRpcListener
{
    private const int Room = 64 * 1024;

    private readonly string _name;
    private readonly SecurityIdentifier _user;
    private NamedPipeServerStream _next; // one is always waiting, so that no other process can take the name

    private PipeListener(string address)
    {
        Address = address;
        _name = NameOf(address);
        using var user = WindowsIdentity.GetCurrent();
        _user = user.User!;
        _next = Make(isFirst: true);
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Creates the pipe and listens.</summary>
    /// <param name="address">Its address.</param>
    /// <exception cref="TorrentException"><see cref="Engine.Client.TorrentErrorId.ServiceRunning"/>.</exception>
    public static PipeListener Listen(string address)
    {
        try
        {
            return new PipeListener(address);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw EndpointErrors.Running(address);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            NamedPipeServerStream connected = _next;
            try
            {
                await connected.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The client has already left.
                _next = Make(isFirst: false);
                await connected.DisposeAsync().ConfigureAwait(false);
                continue;
            }

            try
            {
                _next = Make(isFirst: false);
            }
            catch
            {
                connected.Disconnect(); // The pipe waits for the next client.
                throw;
            }

            // Only the user can open it: the system has checked.
            return new RpcTransport(connected, new PeerCredential(
                _user.Value, GetNamedPipeClientProcessId(connected.SafePipeHandle, out uint process) ? (int)process : null));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _next.DisposeAsync();

    /// <summary>The name of the pipe with an address.</summary>
    internal static string NameOf(string address) =>
        address.StartsWith(ServiceAddresses.PipePrefix, StringComparison.OrdinalIgnoreCase) ? address[ServiceAddresses.PipePrefix.Length..] : address;

    private NamedPipeServerStream Make(bool isFirst)
    {
        var rules = new PipeSecurity();
        rules.AddAccessRule(new PipeAccessRule(new SecurityIdentifier(WellKnownSidType.NetworkSid, null), PipeAccessRights.FullControl, AccessControlType.Deny));
        rules.AddAccessRule(new PipeAccessRule(_user, PipeAccessRights.FullControl, AccessControlType.Allow));
        return NamedPipeServerStreamAcl.Create(
            _name, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte,
            PipeOptions.Asynchronous | PipeOptions.WriteThrough | (isFirst ? PipeOptions.FirstPipeInstance : PipeOptions.None), Room, Room, rules);
    }

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool GetNamedPipeClientProcessId(SafePipeHandle pipe, out uint process);
}
