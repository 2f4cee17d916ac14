using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Opens files for a <see cref="FileHandlePool"/> on demand.</summary>
internal interface IFileOpener
{
    /// <summary>Opens a file.</summary>
    /// <param name="index">The file's index.</param>
    /// <param name="write">Whether to open it for writing.</param>
    SafeFileHandle Open(int index, bool write);
}
