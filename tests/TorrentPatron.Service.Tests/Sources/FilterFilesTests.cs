using System.IO.Compression;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Service.Tests.Sources;

/// <summary>IP filters from files.</summary>
public sealed class FilterFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patron-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_of_all_formats_are_combined_compressed_or_not()
    {
        AddressFilter filter = (await FilterFiles.LoadAsync(
            [Write("ipfilter.dat", "001.000.000.000 - 001.000.000.255 , 0 , a\n"), Compress("list.p2p", "name:2.0.0.0-2.0.0.9\n"), Write("nets", "2001:db8::/32")],
            ["1.0.0.0/8", "2.0.0.0-2.255.255.255", "2001:db8::1"], Cancel))!;

        Assert.Equal((3, 2, 3, null), (filter.BlockedRanges, filter.AllowedRanges, filter.Files.Count, filter.Warning));
        Assert.True(filter.Allows(IPAddress.Parse("1.1.1.1")));
        Assert.All(["1.0.0.7", "2.0.0.3", "3.3.3.3", "2001:db8::1"], (string address) => Assert.False(filter.Allows(IPAddress.Parse(address)), address));
    }

    [Fact]
    public async Task Invalid_lines_are_skipped_and_counted_in_one_warning()
    {
        AddressFilter filter = (await FilterFiles.LoadAsync([Write("a", "1.1.1.1\nbad\nworse\n2.2.2.2"), Write("b", "3.3.3.3\n4.4.4.4"), Write("c", "?\n5.5.5.5")], [], Cancel))!;

        Assert.Equal(5, filter.BlockedRanges);
        Assert.Equal(TorrentErrorId.FilterDamaged, filter.Warning?.Id);
        Assert.Contains("(2, beginning with line 2)", filter.Warning!.Message, StringComparison.Ordinal);
        Assert.Contains("(1, beginning with line 1)", filter.Warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no address ranges")]
    [InlineData("# comment\n\n", "no address ranges")]
    [InlineData("<html>\n<p>Not found</p>\n", "none of its lines is valid")]
    public async Task A_file_without_ranges_is_refused_rather_than_allowing_all_addresses(string text, string why)
    {
        string path = Write("filter", text);
        TorrentError error = (await Assert.ThrowsAsync<TorrentException>(() => FilterFiles.LoadAsync([path], [], Cancel))).Error;

        Assert.Equal(TorrentErrorId.FilterNotReadable, error.Id);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_and_damaged_gzip_are_refused_with_the_path()
    {
        byte[] cut = File.ReadAllBytes(Compress("whole.gz", string.Concat(Enumerable.Range(0, 9999).Select(i => $"10.0.{i % 256}.0/24\n"))));
        string missing = Path.Combine(_folder, "missing"), damaged = Path.Combine(_folder, "damaged.gz");
        File.WriteAllBytes(damaged, [.. cut.Take(20), 0xFF, 0xFF, 0xFF, 0xFF, .. cut.Skip(24)]);
        foreach (string path in new[] { missing, damaged, _folder })
        {
            TorrentError error = (await Assert.ThrowsAsync<TorrentException>(() => FilterFiles.LoadAsync([path], [], Cancel))).Error;
            Assert.Equal(TorrentErrorId.FilterNotReadable, error.Id);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_invalid_allowed_range_is_refused_and_no_ranges_mean_no_filter()
    {
        TorrentError error = (await Assert.ThrowsAsync<TorrentException>(() => FilterFiles.LoadAsync([], ["10.0.0.0/8", "example.com"], Cancel))).Error;

        Assert.Equal(TorrentErrorId.InvalidArgument, error.Id);
        Assert.Contains("'example.com'", error.Message, StringComparison.Ordinal);
        Assert.Null(await FilterFiles.LoadAsync([], [], Cancel));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Compress(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return path;
    }
}
