using Xunit.Runner.InProc.SystemConsole;

namespace TorrentPatron.Fuzz;

/// <summary>
/// With <c>--target</c> the fuzzer's own command; else xUnit's, by which <c>dotnet test</c> runs a little of everything.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
#if GUIDED
        if (args is ["--guided", string target])
        {
            Guided.GuidedFuzz.Run(target);
            return Task.FromResult(0);
        }
#endif
        return args.Contains("--target") || args.Contains("--list")
            ? Task.FromResult(FuzzCommand.Run(args))
            : ConsoleRunner.Run(args);
    }
}
