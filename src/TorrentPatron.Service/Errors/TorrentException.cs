using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Errors;

/// <summary>A failure that the user can act on: <see cref="Error"/> says how.</summary>
public sealed class TorrentException : Exception
{
    /// <summary>Creates an exception with an error.</summary>
    /// <param name="error">The error and its remedy.</param>
    /// <param name="innerException">The exception behind it, if any.</param>
    public TorrentException(TorrentError error, Exception? innerException = null)
        : base(error?.Message, innerException)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    /// <summary>The error and its remedy.</summary>
    public TorrentError Error { get; }
}
