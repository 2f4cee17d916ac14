using System.Reflection;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Events;

/// <summary>Passes on one of a patron's events, for some of its torrents only.</summary>
public sealed class TorrentEventFilter : IDisposable
{
    private readonly Patron _patron;
    private readonly Func<string, string?, bool> _isWanted;
    private readonly EventInfo _event;
    private readonly Delegate _handler;

    /// <summary>Begins to listen.</summary>
    /// <param name="patron">Whom to listen to.</param>
    /// <param name="name">The event.</param>
    /// <param name="isWanted">Says, from a torrent's info hash and its name, where that is known, whether it is one of them.</param>
    internal TorrentEventFilter(Patron patron, TorrentEvent name, Func<string, string?, bool> isWanted)
    {
        _patron = patron;
        _isWanted = isWanted;
        _event = typeof(Patron).GetEvent(name.ToString())!;
        _handler = Delegate.CreateDelegate(
            _event.EventHandlerType!, this, typeof(TorrentEventFilter).GetMethod(nameof(On), BindingFlags.Instance | BindingFlags.NonPublic)!);
        _event.AddEventHandler(patron, _handler);
    }

    /// <summary>The patron's event has come, for a torrent that is wanted. The sender is the patron.</summary>
    public event EventHandler<EventArgs>? Passed;

    /// <inheritdoc/>
    public void Dispose() => _event.RemoveEventHandler(_patron, _handler);

    private void On(object? sender, TorrentEventArgs args)
    {
        string? name = args.Status?.Name ?? (InfoHash.TryParse(args.InfoHash, out InfoHash torrent) ? _patron.GetStatus(torrent)?.Name : null);
        if (_isWanted(args.InfoHash, name))
            Passed?.Invoke(sender, args);
    }
}
