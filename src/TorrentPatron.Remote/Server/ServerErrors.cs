using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Server;

/// <summary>What the service refuses its clients, each worded once.</summary>
internal static class ServerErrors
{
    public static RpcClosure Overflow(int bound) => new(RpcClosureCause.NotRead, new TorrentError(
        TorrentErrorId.ServiceUnavailable, $"The client did not read {bound} messages, and was cut off.", "Connect again, and read all the time."));

    public static TorrentError NoPatron(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"This connection has no patron {patron}.", "Make it with attach.");

    public static TorrentError PatronThere(Guid patron) => new(
        TorrentErrorId.InvalidArgument, $"There is a patron {patron} already.", "Give a new GUID, or none.");

    public static TorrentError TooManyPatrons(int bound) => new(
        TorrentErrorId.InvalidArgument, $"This connection has {bound} patrons already.", "Detach some, or connect once more.");

    public static TorrentError BadUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "The upload has no name of at most 64 characters, or is too large, or one too many.",
        "Start each torrent when it has been uploaded.");

    public static TorrentError NoDestination { get; } = new(
        TorrentErrorId.InvalidArgument, "It is not said where the torrent's files are to lie.", "Give destination, or currentFolder, as a full path.");

    public static TorrentError NoUpload { get; } = new(
        TorrentErrorId.InvalidArgument, "Nothing was uploaded under that name.", "Upload the .torrent again.");
}
