namespace TorrentPatron.Engine.Storage;

/// <summary>Every user of this machine can write in a folder, and take away or put there what they like.</summary>
public sealed class OpenToAllException : UnauthorizedAccessException
{
    /// <summary>Says which folder it is.</summary>
    /// <param name="path">Its path.</param>
    public OpenToAllException(string path)
        : base($"Every user of this machine can write to '{path}'.")
    {
    }
}
