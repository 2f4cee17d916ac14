using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>Files could not be made, read or written; <see cref="Error"/> says which, why, and what to do.</summary>
public sealed class StorageException : IOException
{
    /// <summary>Makes one.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="innerException">What the system said.</param>
    public StorageException(TorrentError error, Exception? innerException = null)
        : base(error?.Message, innerException)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    /// <summary>What went wrong, and what to do.</summary>
    public TorrentError Error { get; }

    /// <summary>Whether another program holds the file, and it is to be tried again in a moment.</summary>
    internal bool IsHeld { get; init; }

    /// <summary>
    /// Whether the bytes before those that were to be written are being filled, on a file system that knows no holes: it is to be tried
    /// again when other jobs have had their turn, and goes on a step each time.
    /// </summary>
    internal bool IsFilling { get; init; }
}
