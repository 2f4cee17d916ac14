namespace TorrentPatron.Engine.Storage;

/// <summary>Thrown for a folder in which every user of this machine can create and remove files.</summary>
public sealed class WorldWritableException : UnauthorizedAccessException
{
    /// <summary>Creates the exception for a folder.</summary>
    /// <param name="path">Its path.</param>
    public WorldWritableException(string path)
        : base($"Every user of this machine can write to '{path}'.")
    {
    }
}
