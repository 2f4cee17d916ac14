using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service;

/// <summary>What a patron's events carry: the message itself.</summary>
/// <typeparam name="TMessage">The kind of message.</typeparam>
public sealed class TorrentEventArgs<TMessage> : EventArgs
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

    /// <summary>Which torrent it is about, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash => Message.TorrentId.ToString();

    /// <summary>The torrent as it was then; null where the message has no status.</summary>
    public TorrentStatus? Status => Message.Status();
}
