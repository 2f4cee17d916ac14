using TorrentPatron.Cli;
using TorrentPatron.Service.Engines;

// On Unix what waits for a socket goes on where the socket is watched, without a hop to the thread pool for each receive: a
// seventh of a download's CPU time. Ours alone to ask for: nothing in the engine blocks for long, and this process runs nothing else.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

using var signals = new CommandSignals();
return signals.End(await PatronCommandLine
    .RunAsync(args, new CommandContext(Terminal.OfProcess(), EngineCatalog.Installed.Find, TimeProvider.System), signals.Token)
    .ConfigureAwait(false));
