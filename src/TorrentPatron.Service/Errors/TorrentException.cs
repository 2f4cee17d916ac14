using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Errors;

/// <summary>Something failed in a way that a person can act on: <see cref="Error"/> says how.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>Carries an error.</summary>
    /// <param name="error">What happened and what to do.</param>
    /// <param name="innerException">What led to it, if anything did.</param>
    public TorrentException(TorrentError error, Exception? innerException = null)
        : base(error?.Message, innerException)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    /// <summary>What happened and what to do.</summary>
    public TorrentError Error { get; }
}
