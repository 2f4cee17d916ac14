using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Client;

/// <summary>What fails on the client's side, each worded once.</summary>
internal static class ClientErrors
{
    public static TorrentError NoAnswer(string method, TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service did not answer '{method}' within {patience.TotalSeconds:0.#} s.",
        "It may be busy, or hang: try again, or restart it.");

    public static TorrentError FilterNotSent { get; } = new(
        TorrentErrorId.NotSupported, "An IP filter cannot be given to the service of another process.",
        "Start the service with the filter; it can be taken away from here.");

    public static TorrentError NotUnderstood(string method) => new(
        TorrentErrorId.Unexpected, $"The answer to '{method}' is not understood.", "Use the same version of the service and of its client.");
}
