using System.Net.Sockets;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>A group of the system's users.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its number.</param>
internal sealed record UserGroup(string Name, uint Id);

/// <summary>The access to a service, by the system's credentials: everything for the user of the service and root, less for members of groups.</summary>
/// <param name="Members">The group whose members may control the service; null means none.</param>
/// <param name="Readers">The group whose members may only read; null means none.</param>
internal sealed record AccessRules(UserGroup? Members, UserGroup? Readers)
{
    /// <summary>Access only for the user of the service and root.</summary>
    public static AccessRules OwnerOnly { get; } = new(null, null);

    /// <summary>Whether other users may connect, so that the permissions of a closed folder cannot be used.</summary>
    public bool IsShared => Members is not null || Readers is not null;

    /// <summary>Looks up groups.</summary>
    /// <param name="members">Name or number of the group whose members may control the service; null means none.</param>
    /// <param name="readers">Name or number of the group whose members may only read; null means none.</param>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.InvalidArgument"/>: there is no such group; <see cref="Engine.Client.TorrentErrorId.NotSupported"/> on Windows.
    /// </exception>
    public static AccessRules Of(string? members, string? readers)
    {
        if (members is null && readers is null)
            return OwnerOnly;
        if (OperatingSystem.IsWindows())
            throw EndpointErrors.NoGroups();
        return new AccessRules(Find(members), Find(readers));
    }

    /// <summary>The access of a client.</summary>
    /// <param name="peer">The client's credentials.</param>
    /// <param name="socket">The connection to it, which gives its groups.</param>
    /// <exception cref="SocketException">The client has gone.</exception>
    public ServiceAccess Of(PeerCredential peer, Socket socket)
    {
        if (PeerCredentials.IsOwnOrRoot(peer))
            return ServiceAccess.Own;
        if (!IsShared)
            return ServiceAccess.None;
        uint[] groups = PeerCredentials.GroupsOf(socket);
        return Members is { Id: var steering } && groups.Contains(steering) ? ServiceAccess.Steer
            : Readers is { Id: var reading } && groups.Contains(reading) ? ServiceAccess.Read
            : ServiceAccess.None;
    }

    private static UserGroup? Find(string? name) =>
        name is null ? null : PosixGroups.Find(name) ?? throw EndpointErrors.NoGroup(name);
}
