using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Thrown when the work cannot run a torrent; see <see cref="Error"/>.</summary>
/// <param name="error">The reason and the remedy.</param>
internal sealed class RefusedException(TorrentError error) : Exception(error.Message)
{
    /// <summary>The reason and the remedy.</summary>
    public TorrentError Error { get; } = error;
}
