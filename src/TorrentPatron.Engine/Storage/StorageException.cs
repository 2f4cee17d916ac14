using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>Thrown when files could not be created, read or written; see <see cref="Error"/>.</summary>
public sealed class StorageException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The error.</param>
    /// <param name="innerException">The system's exception.</param>
    public StorageException(TorrentError error, Exception? innerException = null)
        : base(error?.Message, innerException)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    /// <summary>The error and the remedy.</summary>
    public TorrentError Error { get; }

    /// <summary>Whether another program has locked the file, so that a retry shortly is worthwhile.</summary>
    internal bool IsHeld { get; init; }

    /// <summary>
    /// Whether the space before the bytes to be written is being filled, on a file system without holes: retry when other jobs
    /// have had their turn; each attempt fills a step.
    /// </summary>
    internal bool IsFilling { get; init; }
}
