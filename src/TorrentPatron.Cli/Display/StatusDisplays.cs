using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Display;

/// <summary>Chooses the display that fits.</summary>
internal static class StatusDisplays
{
    /// <summary>A bar on a terminal, lines elsewhere, nothing where that is wanted.</summary>
    /// <param name="context">What the command works with.</param>
    /// <param name="isSilent">Whether nothing is to be shown.</param>
    /// <param name="isShown">Whether a torrent is shown; null: all are.</param>
    public static IStatusDisplay Choose(CommandContext context, bool isSilent, Func<TorrentStatus, bool>? isShown = null)
    {
        isShown ??= _ => true;
        return isSilent ? new SilentDisplay()
            : context.Terminal.IsLive ? new BarDisplay(context.Terminal, context.Time, isShown)
            : new LineDisplay(context.Terminal, context.Time, isShown);
    }
}
