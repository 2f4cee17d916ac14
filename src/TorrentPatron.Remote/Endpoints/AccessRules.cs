using System.Net.Sockets;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>A group of users of the system.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its number.</param>
internal sealed record UserGroup(string Name, uint Id);

/// <summary>Who may do what with a service, by the system's word: the user of the service and root everything, members of groups less.</summary>
/// <param name="Members">The group that may steer; null: none.</param>
/// <param name="Readers">The group that may look; null: none.</param>
internal sealed record AccessRules(UserGroup? Members, UserGroup? Readers)
{
    /// <summary>Nobody but the user of the service, and root.</summary>
    public static AccessRules OwnerOnly { get; } = new(null, null);

    /// <summary>Whether users come in whom the permissions of a closed folder would keep out.</summary>
    public bool IsShared => Members is not null || Readers is not null;

    /// <summary>Looks up groups.</summary>
    /// <param name="members">Name or number of the group that may steer; null: none.</param>
    /// <param name="readers">Name or number of the group that may look; null: none.</param>
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

    /// <summary>What a client may do.</summary>
    /// <param name="peer">Who it is.</param>
    /// <param name="socket">The connection to it, which tells its groups.</param>
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
