using TorrentPatron.Cli;
using TorrentPatron.Service.Engines;

// On Unix, continuations of socket operations run on the thread that polls the sockets, without a hop to the thread pool for each receive:
// that saves a seventh of a download's CPU time. Only a whole process may choose this: nothing in the engine blocks for long.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

using var signals = new CommandSignals();
return signals.End(await PatronCommandLine
    .RunAsync(args, new CommandContext(Terminal.OfProcess(), EngineCatalog.Installed.Find, TimeProvider.System), signals.Token)
    .ConfigureAwait(false));
