using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Client;

/// <summary>The errors on the client's side.</summary>
internal static class ClientErrors
{
    public static TorrentError NoAnswer(string purpose, TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service was asked to {purpose} but did not answer within {patience.TotalSeconds:0.#} s.",
        "It may be busy or hung. Try again, or restart it.");

    public static TorrentError NotBack(TorrentError why, TimeSpan timeout) => new(
        TorrentErrorId.ServiceUnavailable, $"The connection to the service was lost and not restored within {timeout.TotalSeconds:0.#} s: {why.Message}",
        "Start the service again, then connect again.");
}
