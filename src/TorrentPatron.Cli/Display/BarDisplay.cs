using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Display;

/// <summary>Draws a bar for each torrent on a terminal, and keeps it up to date.</summary>
internal sealed class BarDisplay(Terminal terminal, TimeProvider time, Func<TorrentStatus, bool> isShown) : IStatusDisplay
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, ProgressTask> _bars = [];
    private readonly HashSet<TorrentError> _warned = [];
    private readonly ActivityColumn _activity = new();

    public Task ShowAsync(Patron patron, Task work) =>
        terminal.Console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), _activity)
            .StartAsync(async progress =>
            {
                while (!work.IsCompleted)
                {
                    Update(progress, patron.Statuses);
                    await Task.WhenAny(work, Task.Delay(Look, time)).ConfigureAwait(false);
                }

                Update(progress, patron.Statuses);
            });

    private void Update(ProgressContext progress, IReadOnlyList<TorrentStatus> statuses)
    {
        foreach (TorrentStatus status in statuses.Where(isShown))
        {
            foreach (TorrentError warning in status.Warnings.Where(_warned.Add))
                terminal.Warn(warning);
            if (!_bars.TryGetValue(status.InfoHash, out ProgressTask? bar))
                _bars[status.InfoHash] = bar = progress.AddTask("-");
            // With only a link its name is not known at first.
            bar.Description = Markup.Escape(DisplayText.Clean(status.Name));
            _activity.Statuses[bar.Id] = status;
            bar.Value = status.PercentComplete;
        }
    }

    private sealed class ActivityColumn : ProgressColumn
    {
        public ConcurrentDictionary<int, TorrentStatus> Statuses { get; } = new();

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            if (!Statuses.TryGetValue(task.Id, out TorrentStatus? status))
                return Text.Empty;
            string activity = StatusText.Activity(status);
            return new Text(activity.Length == 0 ? $"{status.State}" : $"{status.State}, {activity}");
        }
    }
}
