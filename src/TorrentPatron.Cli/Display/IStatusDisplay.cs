using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Display;

/// <summary>Shows how torrents stand while something goes on.</summary>
internal interface IStatusDisplay
{
    /// <summary>Shows until the work has ended, in whatever way; its outcome is the caller's to look at.</summary>
    /// <param name="statuses">The latest snapshots; never waits.</param>
    /// <param name="work">What goes on.</param>
    Task ShowAsync(Func<IReadOnlyList<TorrentStatus>> statuses, Task work);
}
