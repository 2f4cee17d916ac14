using TorrentPatron.Service;

namespace TorrentPatron.Cli.Display;

/// <summary>Shows nothing.</summary>
internal sealed class SilentDisplay : IStatusDisplay
{
    public async Task ShowAsync(Patron patron, Task work) =>
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
