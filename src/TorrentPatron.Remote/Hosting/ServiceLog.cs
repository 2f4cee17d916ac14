using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Hosting;

/// <summary>
/// The log of a service: its own messages, and the warnings and errors of the event source. It goes to a file of limited size or, under
/// systemd, to the journal.
/// </summary>
/// <remarks>One task writes the lines; lines that arrive faster than they can be written are dropped. A failure to write is ignored.</remarks>
internal sealed class ServiceLog : EventListener, IAsyncDisposable
{
    private const string JournalVariable = "JOURNAL_STREAM";
    private const string OldExtension = ".1";
    private const int MostWaiting = 1_000;
    private const int StandardError = 2;

    /// <summary>Longest wait for the last lines to be written.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    private readonly Channel<(EventLevel Level, string Text)> _lines = Channel.CreateBounded<(EventLevel, string)>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TimeProvider _time;
    private readonly string? _path;
    private readonly long _most;
    private readonly Task _writing;
    private FileStream? _file;

    /// <summary>Begins to log.</summary>
    /// <param name="path">The file, to which lines are appended; null means the journal, through standard error.</param>
    /// <param name="time">The clock.</param>
    /// <param name="most">Maximum size of the file in bytes. A full file is renamed to end in .1, replacing the previous one.</param>
    public ServiceLog(string? path, TimeProvider time, long most = 1 << 20)
    {
        (_path, _time, _most) = (path, time, most);
        _writing = Task.Run(WriteAsync);
        EnableEvents(EngineEvents.Log, EventLevel.Warning, EventKeywords.All);
    }

    /// <summary>Whether systemd passes standard error to the journal.</summary>
    public static bool HasJournal => OperatingSystem.IsLinux() && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(JournalVariable));

    /// <summary>Whether it logs to the journal.</summary>
    public bool IsJournal => _path is null;

    /// <summary>Writes a line.</summary>
    public void Write(EventLevel level, string text) => _lines.Writer.TryWrite((level, text));

    /// <summary>Writes the remaining lines, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        _lines.Writer.TryComplete();
        await _writing.WaitAsync(LongestEnd, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A line for the journal, with its priority in front.</summary>
    internal static string JournalLine(EventLevel level, string text) => $"<{level switch
    {
        EventLevel.Critical => 2,
        EventLevel.Error => 3,
        EventLevel.Warning => 4,
        EventLevel.Verbose => 7,
        _ => 6,
    }}>{text}\n";

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        object?[] payload = [.. eventData.Payload ?? (IEnumerable<object?>)[]];
        string text = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "{0}", payload);
        if (eventData.PayloadNames is ["torrent", ..] && payload[0] is string { Length: > 0 } torrent)
            text = $"{torrent}: {text}";
        Write(eventData.Level, text);
        if (eventData.PayloadNames is [.., "stack"])
            Write(EventLevel.Verbose, $"{payload[^1]}");
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach ((EventLevel level, string text) in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
                WriteLine(level, DisplayText.Clean(text.ReplaceLineEndings(" | ")));
        }
        finally
        {
            _file?.Dispose();
        }
    }

    private void WriteLine(EventLevel level, string text)
    {
        try
        {
            string line = _path is null
                ? JournalLine(level, text)
                : string.Create(CultureInfo.InvariantCulture, $"{WallTime.Now(_time):yyyy-MM-ddTHH:mm:ss'Z'} {level} {text}\n");
            byte[] bytes = Encoding.UTF8.GetBytes(line);
            if (_path is not null && _file?.Length + bytes.Length > _most)
                Turn(_path);
            _file ??= _path is null ? Journal() : Open(_path);
            _file.Write(bytes);
            _file.Flush();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // There is nowhere to report this.
            _file?.Dispose();
            _file = null;
        }
    }

    private void Turn(string path)
    {
        _file?.Dispose();
        _file = null;
        File.Move(path, path + OldExtension, overwrite: true);
    }

    private static FileStream Journal() => new(new SafeFileHandle(StandardError, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        string folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
