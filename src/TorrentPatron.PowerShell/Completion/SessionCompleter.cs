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

/// <summary>Completes an argument from the session's patrons and torrents.</summary>
public abstract class SessionCompleter : IArgumentCompleter
{
    /// <summary>Longest wait for the user's service: the user has only pressed Tab.</summary>
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
               where begun.Length > 0 || !candidate.IsAlternative
               where candidate.Text.StartsWith(begun, StringComparison.OrdinalIgnoreCase) || pattern.IsMatch(candidate.Text)
               select new CompletionResult(Quoted(candidate), candidate.Text, CompletionResultType.ParameterValue, candidate.Tip),
        ];
    }

    /// <summary>The possible arguments.</summary>
    /// <param name="bound">The command's other arguments, if known.</param>
    private protected abstract IEnumerable<Candidate> Candidates(IDictionary bound);

    /// <summary>The running torrents of the given patron or of the session, filtered by the other arguments.</summary>
    private protected static IEnumerable<TorrentTarget> Torrents(IDictionary bound)
    {
        IReadOnlyList<TorrentTarget> torrents = Session().Torrents;
        if (GivenPatron(bound) is { } patron)
            torrents = [.. patron.OwnStatuses.Select(status => new TorrentTarget(patron, status))];
        if (PipelineValue.Unwrap(bound["InfoHash"]) is string hash)
            return torrents.Where(torrent => torrent.Status.HasInfoHash(hash));
        if (TorrentReference.Of(bound["InputObject"]) is { } reference)
            return torrents.Where(torrent => torrent.Status.HasInfoHash(reference.InfoHash));
        return PipelineValue.Unwrap(bound["Name"]) is string name ? new NamePattern(name).Find(torrents, torrent => [torrent.Status.Name]) : torrents;
    }

    /// <summary>The info hashes of a running torrent.</summary>
    private protected static IEnumerable<Candidate> InfoHashes(TorrentTarget torrent)
    {
        yield return new Candidate(torrent.Status.InfoHash, torrent.Status.ToString(), IsPattern: false);
        if (torrent.Status.OtherInfoHash is { } other)
            yield return new Candidate(other, torrent.Status.ToString(), IsPattern: false) { IsAlternative = true };
    }

    /// <summary>The saved torrents of the given patron or of the session that do not run.</summary>
    private protected static IEnumerable<SavedTarget> Saved(IDictionary bound)
    {
        try
        {
            return SavedTarget.Of(GivenPatron(bound) ?? Session().Default());
        }
        catch (TorrentException)
        {
            // Completion fails silently; the command itself reports the error.
            return [];
        }
    }

    /// <summary>The session, attached to the user's service if the environment asks for that and the service answers in time.</summary>
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
            // Completion fails silently; the command itself reports the error.
        }

        return session;
    }

    /// <summary>The given patron, from the object or its name.</summary>
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

    /// <summary>A possible argument.</summary>
    /// <param name="Text">The argument.</param>
    /// <param name="Tip">Its tooltip.</param>
    /// <param name="IsPattern">Whether the parameter accepts patterns, so that brackets must be escaped.</param>
    private protected sealed record Candidate(string Text, string Tip, bool IsPattern)
    {
        /// <summary>Whether it names the same thing as a candidate before it: it is offered only when its beginning is typed.</summary>
        public bool IsAlternative { get; init; }
    }
}
