using System.Reflection;
using Xunit.v3;

namespace TorrentPatron.Tests;

/// <summary>What Windows does differently, and rightly so: there the test is skipped, by name, with the reason.</summary>
/// <param name="reason">What Windows lacks, or does instead.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class NotOnWindowsAttribute(string reason) : BeforeAfterTestAttribute
{
    public string Reason { get; } = reason;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => Assert.SkipWhen(OperatingSystem.IsWindows(), Reason);
}

/// <summary>The test makes symbolic links: it is skipped where the system, or Wine, makes none.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class NeedsLinksAttribute : BeforeAfterTestAttribute
{
    private static readonly Lazy<bool> AreMade = new(Make);

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => Assert.SkipUnless(AreMade.Value, "Links cannot be created on this machine.");

    private static bool Make()
    {
        string folder = Directory.CreateTempSubdirectory("patron-").FullName;
        try
        {
            string link = Path.Combine(folder, "link");
            File.CreateSymbolicLink(link, Path.Combine(folder, "nowhere"));
            return new FileInfo(link).LinkTarget is not null; // Wine says yes and makes none.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
