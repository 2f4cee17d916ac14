namespace TorrentPatron.Cli.Display;

/// <summary>Chooses the display that fits.</summary>
internal static class StatusDisplays
{
    /// <summary>A bar on a terminal, lines elsewhere, nothing where that is wanted.</summary>
    /// <param name="context">What the command works with.</param>
    /// <param name="isSilent">Whether nothing is to be shown.</param>
    public static IStatusDisplay Choose(CommandContext context, bool isSilent) =>
        isSilent ? new SilentDisplay()
        : context.Terminal.IsLive ? new BarDisplay(context.Terminal, context.Time)
        : new LineDisplay(context.Terminal, context.Time);
}
