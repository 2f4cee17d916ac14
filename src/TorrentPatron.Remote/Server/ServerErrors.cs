using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Server;

/// <summary>The service's refusals of clients.</summary>
internal static class ServerErrors
{
    public static RpcClosure Overflow(int bound) => new(RpcClosureCause.NotRead, new TorrentError(
        TorrentErrorId.ServiceUnavailable, $"The client did not read {bound} messages, so the connection was dropped.", "Connect again, and read messages without long pauses."));

    public static TorrentError NotAllowed(string method, RpcClient client) => MethodAccess.Of(method) == ServiceAccess.Own
        ? new TorrentError(
            TorrentErrorId.ServiceAccessDenied, $"Only the user who runs this service, or root, may ask it to {MethodDescriptions.Of(method)}.",
            "Run the command as that user or as root.")
        : new TorrentError(
            TorrentErrorId.ServiceAccessDenied,
            $"User {client.Peer.User} may only read this service, not ask it to {MethodDescriptions.Of(method)}.",
            "Ask the administrator to add you to the group that may control it, then log on again.");

    public static TorrentError NoPatron(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"This connection has no patron {patron}.", "Connect again.");

    public static TorrentError PatronThere(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"There already is a patron {patron}.", "Give a new GUID, or none.");

    public static TorrentError TooManyPatrons(int bound) => new(
        TorrentErrorId.InvalidArgument, $"This connection already has {bound} patrons, the maximum.", "Detach some, or open another connection.");

    public static TorrentError TooManyTorrents(int given, int bound) => new(
        TorrentErrorId.InvalidArgument, $"One request can name at most {bound} torrents, not {given}.", "Split the request.");

    public static TorrentError BadUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "The upload needs a name of at most 64 characters, is too large, or exceeds the number of uploads.",
        "Start each torrent after its upload.");

    public static TorrentError NoRoom { get; } = new(
        TorrentErrorId.ServiceUnavailable, "The service has no room for more uploads at the moment.", "Try again in a moment.");

    public static TorrentError NoDestination { get; } = new(
        TorrentErrorId.InvalidArgument, "No folder was given for the torrent's files.", "Give the full path of the folder for its files.");

    public static TorrentError NoUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "Nothing was uploaded under that name.", "Upload the .torrent again.");
}
