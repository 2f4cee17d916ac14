using System.Runtime.InteropServices;

namespace TorrentPatron.Service.State;

/// <summary>
/// Writes files so that at any moment, whatever becomes of the process, either the old or the new content is there; and also
/// after a power cut, where that is asked for.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Read and written by their owner only, where the platform has such modes.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode FolderMode = Mode | UnixFileMode.UserExecute;

    /// <summary>Writes a new file and puts it in the old one's place.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="flush">
    /// Whether it is to outlive a power cut from now on, at the price of waiting for the medium. Otherwise it does so when
    /// the system has written it, within a minute; a power cut before may leave the old content, or a file cut short.
    /// </param>
    /// <exception cref="IOException">It cannot be written; the old one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old one is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, bool flush)
    {
        string next = path + ".new";
        try
        {
            using (var file = new FileStream(next, Options(FileMode.Create, FileAccess.Write, FileShare.None)))
            {
                file.Write(content);
                if (flush)
                    file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch
        {
            TryDelete(next);
            throw;
        }

        if (flush)
            FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>How state files are opened: without a buffer, for their owner only.</summary>
    public static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
            options.UnixCreateMode = Mode;
        return options;
    }

    /// <summary>Makes a folder for its owner only; leaves one alone that is there.</summary>
    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, FolderMode);
    }

    /// <summary>Deletes a file where that can be done.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is in nobody's way.
        }
    }

    /// <summary>Makes a renaming outlive a power cut. Windows needs, and has, nothing of the kind.</summary>
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = NativeMethods.Open(folder, 0);
        if (descriptor < 0)
            return;
        _ = NativeMethods.Fsync(descriptor);
        _ = NativeMethods.Close(descriptor);
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
