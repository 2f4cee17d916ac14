using TorrentPatron.Service;

namespace TorrentPatron.Cli.Display;

/// <summary>Shows how torrents stand while something goes on.</summary>
internal interface IStatusDisplay
{
    /// <summary>Shows until the work has ended, in whatever way; its outcome is the caller's to look at.</summary>
    /// <param name="patron">Of whose service the torrents are.</param>
    /// <param name="work">What goes on.</param>
    Task ShowAsync(Patron patron, Task work);
}
