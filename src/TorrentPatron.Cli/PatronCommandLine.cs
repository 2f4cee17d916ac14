using System.CommandLine;
using System.CommandLine.Invocation;
using TorrentPatron.Cli.Commands;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli;

/// <summary>The tree of commands, and running one of them.</summary>
internal static class PatronCommandLine
{
    // A torrent's name may begin with '@', which does not mean a response file here.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="context">The environment of the commands.</param>
    /// <param name="cancellationToken">Acts like Ctrl-C and other signals.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, CommandContext context, CancellationToken cancellationToken = default)
    {
        var invocation = new InvocationConfiguration
        {
            Output = context.Terminal.Out,
            Error = context.Terminal.Error,
            EnableDefaultExceptionHandler = false,
            // The process handles signals itself; see CommandSignals.
            ProcessTerminationTimeout = null,
        };
        ParseResult parsed = Build(context).Parse(args, Parser);
        if (UnknownOption.Find(parsed) is { } unknown)
        {
            context.Terminal.Error.WriteLine(unknown);
            return ExitCode.Failed;
        }

        // An error takes one line; only 'patron' alone prints its help.
        if (parsed.Action is ParseErrorAction complaint)
            complaint.ShowHelp = parsed.Tokens.Count == 0;
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (TorrentException fault)
        {
            context.Terminal.Fail(fault.Error);
        }
        catch (StorageException fault)
        {
            context.Terminal.Fail(fault.Error);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            context.Terminal.Fail(new TorrentError(TorrentErrorId.Unexpected, fault.Message, "Check the path and the disk."));
        }

        return ExitCode.Failed;
    }

    /// <summary>Builds the tree.</summary>
    /// <param name="context">The environment of the commands.</param>
    private static RootCommand Build(CommandContext context)
    {
        const string Description = "BitTorrent on the command line: download, seed, make and inspect torrents.";
        return new RootCommand(Description)
        {
            new StartCommand(context),
            new SeedCommand(context),
            new InfoCommand(context),
            new CheckCommand(context),
            new CreateCommand(context),
            new MagnetCommand(context),
            new MetadataCommand(context),
            new StatusCommand(context),
            new ListCommand(context),
            new WatchCommand(context),
            new StopCommand(context),
            new RemoveCommand(context),
            new ServiceCommand(context),
            new ExportCommand(context),
            new UpdateCommand(context),
            new DemoCommand(context),
        };
    }
}
