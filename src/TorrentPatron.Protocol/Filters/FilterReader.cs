namespace TorrentPatron.Protocol.Filters;

/// <summary>
/// Reads IP filters in the formats found on the web, one range per line, with the format detected for each line: eMule's
/// <c>ipfilter.dat</c> (<c>001.000.000.000 - 001.255.255.255 , 100 , name</c>, where a level above 127 means allowed),
/// PeerGuardian's text (<c>name:1.0.0.0-1.255.255.255</c>), and plain addresses, networks (<c>1.0.0.0/8</c>) and ranges. Empty
/// lines and those that begin with <c>#</c>, <c>;</c> or <c>//</c> are comments. Text may be supplied in chunks of any size. Not
/// thread-safe.
/// </summary>
public sealed class FilterReader
{
    /// <summary>The longest line that is read, bytes; longer ones are invalid.</summary>
    internal const int LongestLine = 1024;

    /// <summary>The most ranges accepted.</summary>
    public const int MostRanges = 10_000_000;

    /// <summary>The eMule level above which a range is allowed.</summary>
    private const int HighestBlocked = 127;

    private readonly AddressRanges.Builder _ranges = new();
    private readonly byte[] _begun = new byte[LongestLine];
    private int _begunLength;
    private bool _isTooLong;
    private int _line;

    /// <summary>The number of ranges read, from one file or several.</summary>
    public int Ranges => _ranges.Count;

    /// <summary>The number of ranges read that are marked as allowed.</summary>
    public int AllowedRanges { get; private set; }

    /// <summary>Lines that are neither a range nor a comment.</summary>
    public int BadLines { get; private set; }

    /// <summary>The number of the first invalid line in its file, from 1; 0 means none.</summary>
    public int FirstBadLine { get; private set; }

    /// <summary>Takes the next chunk of a file.</summary>
    /// <returns>False if there are too many ranges.</returns>
    public bool Add(ReadOnlySpan<byte> text)
    {
        while (Ranges < MostRanges)
        {
            int end = text.IndexOf((byte)'\n');
            if (end < 0)
            {
                Begin(text);
                return true;
            }

            if (_begunLength == 0 && !_isTooLong)
            {
                Read(text[..end]);
            }
            else
            {
                Begin(text[..end]);
                EndLine();
            }

            _line++;
            text = text[(end + 1)..];
        }

        return false;
    }

    /// <summary>Begins a file.</summary>
    public void BeginFile()
    {
        (_line, FirstBadLine) = (0, 0);
        (_begunLength, _isTooLong) = (0, false);
    }

    /// <summary>Ends a file, whose last line may have no line end.</summary>
    public void EndFile() => EndLine();

    /// <summary>The blocked addresses.</summary>
    public AddressRanges Build() => _ranges.Build();

    private void Begin(ReadOnlySpan<byte> part)
    {
        if (_isTooLong || part.Length > LongestLine - _begunLength)
        {
            _isTooLong = true;
            return;
        }

        part.CopyTo(_begun.AsSpan(_begunLength));
        _begunLength += part.Length;
    }

    private void EndLine()
    {
        if (_isTooLong)
            Bad();
        else
            Read(_begun.AsSpan(0, _begunLength));
        (_begunLength, _isTooLong) = (0, false);
    }

    private void Read(ReadOnlySpan<byte> line)
    {
        if (line.Length > LongestLine)
        {
            Bad();
            return;
        }

        // A byte order mark, as Windows writes it.
        if (_line == 0 && line.StartsWith("\uFEFF"u8))
            line = line[3..];
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty || line[0] is (byte)'#' or (byte)';' || line.StartsWith("//"u8))
            return;
        if (TryReadPlain(line, out AddressRange range, out bool isBlocked))
            Take(range, isBlocked);
        else if (TryReadPeerGuardian(line, out range))
            Take(range, isBlocked: true);
        else
            Bad();
    }

    private void Take(AddressRange range, bool isBlocked)
    {
        if (isBlocked)
            _ranges.Add(range);
        else
            AllowedRanges++;
    }

    private static bool TryReadPlain(ReadOnlySpan<byte> line, out AddressRange range, out bool isBlocked)
    {
        isBlocked = true;
        if (!AddressRange.TryRead(line, out range, out ReadOnlySpan<byte> rest))
            return false;
        if (rest is not [(byte)',', ..])
            return rest.IsEmpty || rest[0] is (byte)'#' or (byte)';';
        if (!AddressRange.TryReadNumber(rest[1..].TrimStart((byte)' '), int.MaxValue / 16, out int level, out rest))
            return false;
        isBlocked = level <= HighestBlocked;
        return rest.IsEmpty || rest[0] == ',';
    }

    private static bool TryReadPeerGuardian(ReadOnlySpan<byte> line, out AddressRange range)
    {
        // Names may contain colons too; this format has no IPv6 addresses.
        range = default;
        int colon = line.LastIndexOf((byte)':');
        return colon >= 0 && AddressRange.TryRead(line[(colon + 1)..].TrimStart((byte)' '), out range, out ReadOnlySpan<byte> rest)
            && rest.IsEmpty && line[(colon + 1)..].Contains((byte)'-');
    }

    private void Bad()
    {
        BadLines++;
        if (FirstBadLine == 0)
            FirstBadLine = _line + 1;
    }
}
