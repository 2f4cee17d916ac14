using System.Diagnostics;
using System.Globalization;

namespace TorrentPatron.Fuzz;

/// <summary>
/// <c>dotnet run --project tests/Fuzz -c Release -- --target NAME|all [--count N] [--seed S] [--seconds T] [--input FILE]
/// [--failures FOLDER]</c>; <c>--list</c> lists the targets; <c>--samples FOLDER</c> writes valid inputs
/// for the coverage-guided fuzzer (Guided/guided.sh).
/// </summary>
internal static class FuzzCommand
{
    private const int Chunk = 10_000;
    private const int MostSamples = 40;
    private const int LongestSample = 4096;

    public static int Run(string[] args)
    {
        if (args.Contains("--list"))
        {
            foreach (IFuzzTarget target in FuzzTargets.All)
                Console.WriteLine(target.Name);
            return 0;
        }

        string name = Option(args, "--target") ?? "all";
        IFuzzTarget[] targets = [.. FuzzTargets.All.Where(target => name == "all" || target.Name == name)];
        if (targets.Length == 0)
        {
            Console.Error.WriteLine($"There is no target '{name}'. --list shows the targets.");
            return 2;
        }

        if (Option(args, "--samples") is { } folder)
        {
            foreach (IFuzzTarget target in targets)
                WriteSamples(target, folder);
            return 0;
        }

        if (Option(args, "--input") is { } file)
        {
            foreach (IFuzzTarget target in targets)
                target.Run(File.ReadAllBytes(file));
            Console.WriteLine("Passed.");
            return 0;
        }

        long count = Number(args, "--count", 1_000_000);
        int seed = (int)Number(args, "--seed", 1);
        TimeSpan longest = TimeSpan.FromSeconds(Number(args, "--seconds", int.MaxValue));
        string failures = Option(args, "--failures") ?? Path.Combine("artifacts", "fuzz");
        int failed = 0;
        foreach (IFuzzTarget target in targets)
        {
            FuzzReport report = Run(new FuzzRunner(target, seed, failures), count, longest);
            Console.WriteLine(report);
            failed += report.Failures.Count;
        }

        return failed == 0 ? 0 : 1;
    }

    /// <summary>Valid inputs, as many as are found quickly: a coverage-guided fuzzer starts from them.</summary>
    private static void WriteSamples(IFuzzTarget target, string folder)
    {
        Directory.CreateDirectory(folder);
        var runner = new FuzzRunner(target, seed: 1, folder);
        int written = 0;
        for (int number = 0; number < Chunk && written < MostSamples; number++)
        {
            byte[] input = runner.Input(number);
            if (input.Length is > 0 and < LongestSample && target.Run(input))
                File.WriteAllBytes(Path.Combine(folder, $"{written++:00}"), input);
        }
    }

    private static FuzzReport Run(FuzzRunner runner, long count, TimeSpan longest)
    {
        long start = Stopwatch.GetTimestamp();
        for (long done = 0; done < count && runner.Report.Failures.Count < FuzzRunner.MostFailures
            && Stopwatch.GetElapsedTime(start) < longest; done += Chunk)
            runner.Run(done, Math.Min(Chunk, count - done));
        return runner.Report with { Elapsed = Stopwatch.GetElapsedTime(start) };
    }

    private static long Number(string[] args, string option, long otherwise) =>
        Option(args, option) is { } text ? long.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : otherwise;

    private static string? Option(string[] args, string name)
    {
        int index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
