using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Server;

/// <summary>What the service refuses its clients, each worded once.</summary>
internal static class ServerErrors
{
    public static RpcClosure Overflow(int bound) => new(RpcClosureCause.NotRead, new TorrentError(
        TorrentErrorId.ServiceUnavailable, $"The client did not read {bound} messages, and was cut off.", "Connect again, and read all the time."));

    public static TorrentError NotAllowed(string method, RpcClient client) => MethodAccess.Of(method) == ServiceAccess.Own
        ? new TorrentError(
            TorrentErrorId.ServiceAccessDenied, $"Only the user who runs this service, or root, may have it {MethodWords.Of(method)}.",
            "Do it as that user, or as root.")
        : new TorrentError(
            TorrentErrorId.ServiceAccessDenied,
            $"User {client.Peer.User} may only look at this service, and not have it {MethodWords.Of(method)}.",
            "Ask the administrator to make you a member of the group that may steer it; then log on again.");

    public static TorrentError NoPatron(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"This connection has no patron {patron}.", "Connect again.");

    public static TorrentError PatronThere(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"There is a patron {patron} already.", "Give a new GUID, or none.");

    public static TorrentError TooManyPatrons(int bound) => new(
        TorrentErrorId.InvalidArgument, $"This connection has {bound} patrons already.", "Detach some, or connect once more.");

    public static TorrentError TooManyTorrents(int given, int bound) => new(
        TorrentErrorId.InvalidArgument, $"{given} torrents are too many for one request: {bound} at most.", "Ask for some after the others.");

    public static TorrentError BadUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "The upload has no name of at most 64 characters, or is too large, or one too many.",
        "Start each torrent when it has been uploaded.");

    public static TorrentError NoRoom { get; } = new(
        TorrentErrorId.ServiceUnavailable, "The service keeps too much for its clients just now.", "Try again in a moment.");

    public static TorrentError NoDestination { get; } = new(
        TorrentErrorId.InvalidArgument, "It is not said where the torrent's files are to lie.", "Give the full path of the folder for its files.");

    public static TorrentError NoUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "Nothing was uploaded under that name.", "Upload the .torrent again.");
}
