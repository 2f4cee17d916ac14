using Xunit.Runner.InProc.SystemConsole;

namespace TorrentPatron.Fuzz;

/// <summary>
/// With <c>--target</c> the fuzzer's own command; otherwise xUnit's, with which <c>dotnet test</c> runs some inputs for each target.
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
