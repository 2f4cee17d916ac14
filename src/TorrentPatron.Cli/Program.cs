using TorrentPatron.Cli;
using TorrentPatron.Engine;

return await PatronCommandLine
    .RunAsync(args, new CommandContext(Terminal.OfProcess(), settings => new TorrentClient(settings), TimeProvider.System))
    .ConfigureAwait(false);
