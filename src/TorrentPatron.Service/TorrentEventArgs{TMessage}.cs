using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service;

/// <summary>What a patron's events carry: the message itself.</summary>
/// <typeparam name="TMessage">The kind of message.</typeparam>
public sealed class TorrentEventArgs<TMessage> : TorrentEventArgs
    where TMessage : TorrentMessage
{
    /// <summary>Carries a message.</summary>
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
