using System.IO.Compression;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Streams;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads IP filters from files: text in the formats of <see cref="FilterReader"/>, or the same compressed by gzip.</summary>
public static class FilterFiles
{
    /// <summary>Maximum number of bytes of uncompressed text in all files together.</summary>
    public const long MostBytes = 2L << 30;

    private const int MostNamed = 3;

    /// <summary>Reads a filter.</summary>
    /// <param name="files">Files of blocked addresses; empty blocks none.</param>
    /// <param name="allowed">The allowed addresses, in the format of <see cref="AddressRange.TryParse"/>; empty allows all.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The filter; null if nothing is filtered.</returns>
    /// <exception cref="TorrentException">A file cannot be read, or has no range in it: that must not allow all addresses.</exception>
    public static async Task<AddressFilter?> LoadAsync(
        IReadOnlyList<string> files, IReadOnlyList<string> allowed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(allowed);
        if (files.Count == 0 && allowed.Count == 0)
            return null;
        var reader = new FilterReader();
        var bad = new List<string>();
        long left = MostBytes;
        foreach (string file in files)
        {
            (int ranges, int badBefore) = (reader.Ranges + reader.AllowedRanges, reader.BadLines);
            int first;
            (left, first) = await ReadAsync(file, reader, left, cancellationToken).ConfigureAwait(false);
            int badLines = reader.BadLines - badBefore;
            if (reader.Ranges + reader.AllowedRanges == ranges)
                throw Unusable(file, badLines == 0 ? "it contains no address ranges" : $"none of its lines is valid, beginning with line {first}");
            if (badLines > 0)
                bad.Add($"'{DisplayText.Clean(file)}' ({badLines}, beginning with line {first})");
        }

        return new AddressFilter(files.Count > 0 ? reader.Build() : null, allowed.Count > 0 ? AddressRanges.Of(allowed.Select(Parse)) : null)
        {
            Files = [.. files],
            Warning = bad.Count == 0 ? null : new TorrentError(
                TorrentErrorId.FilterDamaged,
                $"Invalid lines of the IP filter were skipped: {string.Join(", ", bad.Take(MostNamed))}{(bad.Count > MostNamed ? " and more" : "")}.",
                "Check those lines, or the origin of the file."),
        };
    }

    private static AddressRange Parse(string text) => AddressRange.TryParse(text, out AddressRange range) ? range : throw new TorrentException(new TorrentError(
        TorrentErrorId.InvalidArgument, $"'{DisplayText.Clean(text)}' is not an address, a network or a range of addresses.",
        "Write it like 192.0.2.1, 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1-192.0.2.9."));

    private static async Task<(long Left, int FirstBad)> ReadAsync(string path, FilterReader reader, long left, CancellationToken cancellationToken)
    {
        try
        {
            using Stream file = NamedFile.Open(path);
            byte[] begin = new byte[2];
            int begun = await file.ReadAtLeastAsync(begin, begin.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            using Stream whole = new PrefixedStream(begin.AsMemory(0, begun), file);
            bool isGzip = begun == 2 && begin is [0x1F, 0x8B];
            using Stream text = isGzip ? new GZipStream(whole, CompressionMode.Decompress) : whole;
            byte[] buffer = new byte[128 * 1024];
            reader.BeginFile();
            while (await text.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int read)
            {
                left -= read;
                if (left < 0 || !reader.Add(buffer.AsSpan(0, read)))
                    throw Unusable(path, $"it has more than {FilterReader.MostRanges:N0} ranges, or {MostBytes >> 30} GiB of text");
            }

            reader.EndFile();
            return (left, reader.FirstBadLine);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw Unusable(path, fault.Message.TrimEnd('.'), fault);
        }
    }

    private static TorrentException Unusable(string path, string why, Exception? fault = null) => new(
        new TorrentError(
            TorrentErrorId.FilterNotReadable, $"The IP filter '{DisplayText.Clean(path)}' cannot be used: {DisplayText.Clean(why)}.",
            "Give the path of a text file in the format of eMule or PeerGuardian, or with one address, network or range per line, plain or compressed by gzip."),
        fault);

    /// <summary>A stream whose first bytes have already been read.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_prefix.IsEmpty)
                return await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            int length = Math.Min(buffer.Length, _prefix.Length);
            _prefix[..length].CopyTo(buffer);
            _prefix = _prefix[length..];
            return length;
        }
    }
}
