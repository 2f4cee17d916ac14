using TorrentPatron.Service;

namespace TorrentPatron.Cli.Display;

/// <summary>Shows the statuses of torrents while some work runs.</summary>
internal interface IStatusDisplay
{
    /// <summary>Shows them until the work has ended, with or without success; the caller handles its result.</summary>
    /// <param name="patron">A patron of the torrents' service.</param>
    /// <param name="work">The work.</param>
    Task ShowAsync(Patron patron, Task work);
}
