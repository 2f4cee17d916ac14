using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes an argument from what is going on in the session.</summary>
public abstract class SessionCompleter : IArgumentCompleter
{
    /// <summary>Longest wait for the user's service: somebody has pressed Tab.</summary>
    private static readonly TimeSpan LongestAttach = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string begun = (wordToComplete ?? "").Trim('\'', '"');
        var pattern = new NamePattern(begun.TrimEnd('`') + "*");
        return
        [
            .. from candidate in Candidates(fakeBoundParameters).DistinctBy(candidate => candidate.Text)
               where candidate.Text.StartsWith(begun, StringComparison.OrdinalIgnoreCase) || pattern.IsMatch(candidate.Text)
               select new CompletionResult(Quoted(candidate), candidate.Text, CompletionResultType.ParameterValue, candidate.Tip),
        ];
    }

    /// <summary>What may be meant.</summary>
    /// <param name="bound">The command's other arguments, as far as they are known.</param>
    private protected abstract IEnumerable<Candidate> Candidates(IDictionary bound);

    /// <summary>The torrents that run: those of the patron that is given, or of the session; those that are named, or all.</summary>
    private protected static IEnumerable<TorrentTarget> Torrents(IDictionary bound)
    {
        IReadOnlyList<TorrentTarget> torrents = Session().Torrents;
        if (GivenPatron(bound) is { } patron)
            torrents = [.. patron.OwnStatuses.Select(status => new TorrentTarget(patron, status))];
        if (PipelineValue.Unwrap(bound["InfoHash"]) is string hash)
            return torrents.Where(torrent => torrent.Status.InfoHash.StartsWith(hash, StringComparison.OrdinalIgnoreCase));
        if (TorrentReference.Of(bound["InputObject"]) is { } reference)
            return torrents.Where(torrent => torrent.Status.InfoHash.StartsWith(reference.InfoHash, StringComparison.OrdinalIgnoreCase));
        return PipelineValue.Unwrap(bound["Name"]) is string name ? new NamePattern(name).Find(torrents, torrent => [torrent.Status.Name]) : torrents;
    }

    /// <summary>The torrents that are saved for the patron that is given, or the session's own, and do not run.</summary>
    private protected static IEnumerable<SavedTarget> Saved(IDictionary bound)
    {
        try
        {
            return SavedTarget.Of(GivenPatron(bound) ?? Session().Default());
        }
        catch (TorrentException)
        {
            // Nobody asked; the command itself will say it.
            return [];
        }
    }

    /// <summary>The session, attached to the user's service where the environment asks for that and it answers within a moment.</summary>
    private static SessionPatrons Session()
    {
        SessionPatrons session = RunspacePatrons.Current;
        if (!session.AwaitsService)
            return session;
        using var patience = new CancellationTokenSource(LongestAttach);
        try
        {
            Task.Run(() => session.AttachSharedAsync(patience.Token)).GetAwaiter().GetResult();
        }
        catch (Exception fault) when (fault is TorrentException or OperationCanceledException)
        {
            // Nobody asked; the command itself will say it.
        }

        return session;
    }

    /// <summary>The patron that is given, itself or by its name.</summary>
    private protected static Patron? GivenPatron(IDictionary bound) => PipelineValue.Unwrap(bound["Patron"]) switch
    {
        Patron patron => patron,
        string name => RunspacePatrons.Current.Patrons.FirstOrDefault(patron => patron.Name.Equals(name, StringComparison.OrdinalIgnoreCase)),
        _ => null,
    };

    private static string Quoted(Candidate candidate)
    {
        string text = candidate.IsPattern ? WildcardPattern.Escape(candidate.Text) : candidate.Text;
        return text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':') && text is not ['-', ..]
            ? text
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }

    /// <summary>What an argument may be.</summary>
    /// <param name="Text">The argument.</param>
    /// <param name="Tip">What it is.</param>
    /// <param name="IsPattern">Whether the parameter takes patterns, so that brackets in it must be escaped.</param>
    private protected sealed record Candidate(string Text, string Tip, bool IsPattern);
}
