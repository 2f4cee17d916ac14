using System.CommandLine;
using System.CommandLine.Parsing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Cli.Parsing;

/// <summary>Finds unknown options, which would otherwise be taken for files that do not exist.</summary>
internal static class UnknownOption
{
    private const string EndOfOptions = "--";

    /// <summary>Finds the first unknown option of a command line. Nothing after <c>--</c> is an option.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The error message; null if there is none.</returns>
    public static string? Find(ParseResult parsed)
    {
        HashSet<Token> arguments =
        [
            .. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash && token.Value != EndOfOptions)
                .Where(token => token.Value is ['-', _, ..]),
        ];
        IEnumerable<string> unknown =
        [
            .. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Where(arguments.Contains)
                .Select(token => token.Value),
            .. parsed.UnmatchedTokens.Where(text => arguments.Any(token => token.Value == text)),
        ];
        return unknown.FirstOrDefault() is { } given ? Describe(given, parsed.CommandResult.Command) : null;
    }

    private static string Describe(string given, Command command)
    {
        string path = string.Join(' ', Names(command).Reverse());
        string name = given.Split('=', 2)[0];
        string? nearest = Options(command).SelectMany(option => option.Aliases.Append(option.Name)).Where(option => option.Length > 2)
            .Select(option => (Option: option, Distance: Distance(name, option)))
            .Where(found => found.Distance <= Math.Max(2, name.Length / 3)).OrderBy(found => found.Distance).FirstOrDefault().Option;
        string hint = nearest is null ? $"'{path} --help' lists the options." : $"Did you mean '{nearest}'?";
        return $"'{DisplayText.Clean(name)}' is not an option of '{path}'. {hint}";
    }

    private static IEnumerable<string> Names(Symbol? symbol)
    {
        for (; symbol is not null; symbol = symbol.Parents.FirstOrDefault())
            yield return symbol is RootCommand ? "patron" : symbol.Name;
    }

    private static IEnumerable<Option> Options(Command command) => command.Options.Concat(
        command.Parents.OfType<Command>().SelectMany(Options).Where(option => option.Recursive));

    /// <summary>The number of characters to change, remove or insert to turn one text into the other.</summary>
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
