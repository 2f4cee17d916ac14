using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Display;

/// <summary>Shows nothing.</summary>
internal sealed class SilentDisplay : IStatusDisplay
{
    public async Task ShowAsync(Func<IReadOnlyList<TorrentStatus>> statuses, Task work) =>
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
