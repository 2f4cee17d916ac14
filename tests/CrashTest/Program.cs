using System.Globalization;
using TorrentPatron.CrashTest;

// dotnet run --project tests/CrashTest -c Release -- [--rounds 100] [--size MIB] [--rate MIB/S] [--piece KIB] [--seed N] [--service]
int Number(string option, int otherwise)
{
    int index = Array.IndexOf(args, option);
    return index >= 0 && index + 1 < args.Length ? int.Parse(args[index + 1], CultureInfo.InvariantCulture) : otherwise;
}

await using var run = new CrashRun(Number("--size", 256), Number("--rate", 64), Number("--piece", 256), Number("--seed", 1), args.Contains("--service"));
try
{
    // A download that was complete before the kill does not count as a round.
    for (int kills = Number("--rounds", 100); run.Kills < kills;)
        Console.WriteLine($"{run.Kills + 1,3}: {await run.NextAsync().ConfigureAwait(false)}");
    await run.FinishAsync().ConfigureAwait(false);
    Console.WriteLine(run.Summary());
    return 0;
}
catch (CrashTestException fault)
{
    Console.Error.WriteLine($"FAILED: {fault.Message}");
    return 1;
}
