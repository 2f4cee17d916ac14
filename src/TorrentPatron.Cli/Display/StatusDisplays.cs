using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Display;

/// <summary>Chooses a display.</summary>
internal static class StatusDisplays
{
    /// <summary>Bars on a terminal, lines elsewhere, or nothing in silent mode.</summary>
    /// <param name="context">The environment of the command.</param>
    /// <param name="isSilent">Whether to show nothing.</param>
    /// <param name="isShown">Whether to show a torrent; null shows all.</param>
    public static IStatusDisplay Choose(CommandContext context, bool isSilent, Func<TorrentStatus, bool>? isShown = null)
    {
        isShown ??= _ => true;
        return isSilent ? new SilentDisplay()
            : context.Terminal.IsLive ? new BarDisplay(context.Terminal, context.Time, isShown)
            : new LineDisplay(context.Terminal, context.Time, isShown);
    }
}
