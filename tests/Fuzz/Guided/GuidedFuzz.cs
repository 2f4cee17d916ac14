using SharpFuzz;

namespace TorrentPatron.Fuzz.Guided;

/// <summary>
/// Lets AFL++ choose the inputs, by which of our branches they take. Built with <c>-p:GuidedFuzzing=true</c> only; guided.sh, beside
/// this, does the rest.
/// </summary>
internal static class GuidedFuzz
{
    /// <summary>Inputs beyond this are left to the other fuzzer: what is slow finds little.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>Takes inputs from AFL++ until that ends, or one from standard input where there is none.</summary>
    /// <param name="name">The target's name.</param>
    public static void Run(string name)
    {
        IFuzzTarget? target = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            // Made only now: before, there is nowhere to note the branches that this takes.
            target ??= FuzzTargets.All.Single(target => target.Name == name);
            byte[] input = new byte[Longest];
            int length = stream.ReadAtLeast(input, Longest, throwOnEndOfStream: false);
            target.Run(input[..length]);
        });
    }
}
