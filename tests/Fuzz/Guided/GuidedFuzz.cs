using SharpFuzz;

namespace TorrentPatron.Fuzz.Guided;

/// <summary>
/// Lets AFL++ choose the inputs by the branches that they take. Built only with <c>-p:GuidedFuzzing=true</c>; use guided.sh in
/// this folder.
/// </summary>
internal static class GuidedFuzz
{
    /// <summary>Longer inputs are left to the other fuzzer: slow ones find little.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>Runs inputs from AFL++ until it ends, or one from standard input without AFL++.</summary>
    /// <param name="name">The target's name.</param>
    public static void Run(string name)
    {
        IFuzzTarget? target = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            // Created only now: before, branches cannot be recorded.
            target ??= FuzzTargets.All.Single(target => target.Name == name);
            byte[] input = new byte[Longest];
            int length = stream.ReadAtLeast(input, Longest, throwOnEndOfStream: false);
            target.Run(input[..length]);
        });
    }
}
