using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Hosting;

/// <summary>The work cannot run a torrent; <see cref="Error"/> says why.</summary>
/// <param name="error">Why, and what to do.</param>
internal sealed class RefusedException(TorrentError error) : Exception(error.Message)
{
    /// <summary>Why, and what to do.</summary>
    public TorrentError Error { get; } = error;
}
