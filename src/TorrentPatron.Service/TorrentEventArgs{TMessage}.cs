using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service;

/// <summary>A patron's event with its message.</summary>
/// <typeparam name="TMessage">The type of message.</typeparam>
public sealed class TorrentEventArgs<TMessage> : TorrentEventArgs
    where TMessage : TorrentMessage
{
    /// <summary>Creates an event with a message.</summary>
    /// <param name="message">The message.</param>
    public TorrentEventArgs(TMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Message = message;
    }

    /// <summary>The message.</summary>
    public TMessage Message { get; }

    /// <inheritdoc/>
    public override string InfoHash => Message.TorrentId.ToString();

    /// <inheritdoc/>
    public override TorrentStatus? Status => Message.Status();
}
