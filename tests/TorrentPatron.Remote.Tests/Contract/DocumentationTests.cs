using System.Reflection;
using TorrentPatron.Remote.Contract;

namespace TorrentPatron.Remote.Tests.Contract;

public class DocumentationTests
{
    [Fact]
    public void The_page_names_every_method_and_notification()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "rpc.md"));
        string[] names =
        [
            .. typeof(MethodNames).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
                .Select(field => (string)field.GetRawConstantValue()!),
        ];

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CHANGELOG.md")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }
}
