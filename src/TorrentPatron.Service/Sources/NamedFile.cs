using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Streams;

namespace TorrentPatron.Service.Sources;

/// <summary>Opens a file that a user named, or on systems that have them a pipe or a device, which may block.</summary>
internal static class NamedFile
{
    /// <summary>Opens it for reading, without blocking.</summary>
    /// <param name="path">Its path; links are followed.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static Stream Open(string path)
    {
#pragma warning disable RS0030 // On Windows .NET itself can wait for a pipe and cancel the wait.
        if (OperatingSystem.IsWindows())
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, useAsync: true);
#pragma warning restore RS0030
        SafeFileHandle file = GuardedFile.OpenAny(Path.GetFullPath(path), out bool isPipe, out bool isSpecial);
        return isSpecial ? new PipeStream(file, mayHaveNoWriterYet: isPipe && !IsAnonymous(file, path)) : new FileStream(file, FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Whether a pipe is anonymous, so that its writer already existed when this process received it.</summary>
    private static bool IsAnonymous(SafeFileHandle pipe, string path) =>
        path.StartsWith("/dev/fd/", StringComparison.Ordinal) || path == "/dev/stdin"
        || (OperatingSystem.IsLinux()
            && new FileInfo($"/proc/self/fd/{pipe.DangerousGetHandle()}").LinkTarget?.Contains("pipe:[", StringComparison.Ordinal) == true);

    /// <summary>Reads a pipe or a device as bytes arrive, so that the wait for them can be cancelled.</summary>
    /// <param name="file">The pipe, opened in non-blocking mode.</param>
    /// <param name="mayHaveNoWriterYet">Whether its writer may not have opened it yet.</param>
    private sealed class PipeStream(SafeFileHandle file, bool mayHaveNoWriterYet) : ForwardStream
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

        private readonly FileStream _file = new(file, FileAccess.Read, bufferSize: 0);
        private bool _hasWriter = !mayHaveNoWriterYet;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int read = TryRead(buffer.Span);
                if (read > 0 || (read == 0 && _hasWriter))
                {
                    _hasWriter = true;
                    return read;
                }

                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _file.Dispose();
            base.Dispose(disposing);
        }

        /// <returns>Number of bytes; 0 at the end; -1 if there are none yet.</returns>
        private int TryRead(Span<byte> buffer)
        {
            const int AgainOnLinux = 11, AgainOnMac = 35;
            try
            {
                return _file.Read(buffer);
            }
            catch (IOException fault) when (fault.HResult == (OperatingSystem.IsMacOS() ? AgainOnMac : AgainOnLinux))
            {
                _hasWriter = true;
                return -1;
            }
        }
    }
}
