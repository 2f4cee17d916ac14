using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Client;

/// <summary>What fails on the client's side, each worded once.</summary>
internal static class ClientErrors
{
    public static TorrentError NoAnswer(string purpose, TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service was asked to {purpose}, and did not answer within {patience.TotalSeconds:0.#} s.",
        "It may be busy, or hang: try again, or restart it.");

    public static TorrentError NotBack(TorrentError why, TimeSpan timeout) => new(
        TorrentErrorId.ServiceUnavailable, $"The service has gone, and was not back within {timeout.TotalSeconds:0.#} s: {why.Message}",
        "Start the service again, then connect again.");
}
