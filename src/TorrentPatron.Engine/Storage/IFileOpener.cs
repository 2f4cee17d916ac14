using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Opens the files of a <see cref="FileHandlePool"/> when they are needed.</summary>
internal interface IFileOpener
{
    /// <summary>Opens a file.</summary>
    /// <param name="index">Which of its files.</param>
    /// <param name="write">Whether it is to be written.</param>
    SafeFileHandle Open(int index, bool write);
}
