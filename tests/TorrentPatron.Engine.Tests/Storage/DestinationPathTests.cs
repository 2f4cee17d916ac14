using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class DestinationPathTests
{
    [Theory]
    [InlineData("CON")]
    [InlineData(@"\\.\CON")]
    [InlineData(@"C:\downloads\nul")]
    [InlineData(@"C:\downloads\NUL.txt\more")]
    [InlineData("C:/downloads/com1")]
    [InlineData(@"\\server\share\LPT9")]
    [InlineData(@"\\?\C:\downloads")]
    [InlineData(@"\\?\UNC\server\share\downloads")]
    [InlineData("//?/C:/downloads")]
    [InlineData(@"\\.\PhysicalDrive0")]
    public void A_destination_that_names_a_device_is_refused_only_on_Windows(string destination)
    {
        TorrentError error = DestinationPath.Refuse(destination, isWindows: true)!;

        Assert.Equal(TorrentErrorId.DestinationNotWritable, error.Id);
        Assert.Contains(destination, error.Message, StringComparison.Ordinal);
        Assert.Null(DestinationPath.Refuse(destination, isWindows: false));
    }

    [Theory]
    [InlineData(@"C:\")]
    [InlineData(@"C:\downloads\console")]
    [InlineData(@"\\server\share\downloads\")]
    [InlineData(@"D:\com10\nulls\a.con")]
    public void A_folder_is_not_refused(string destination) => Assert.Null(DestinationPath.Refuse(destination, isWindows: true));
}
