using System.Text;
using Spectre.Console;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Cli;

/// <summary>
/// The output and the error output. Lines go through <see cref="DisplayText.Clean"/> here, so that nothing from outside acts
/// on the terminal.
/// </summary>
internal sealed class Terminal
{
    // Spectre folds what it writes at the width of the terminal; a file or a pipe has none.
    private const int WidthOfNoTerminal = 1000;

    private Terminal(TextWriter output, TextWriter error)
    {
        Out = output;
        Error = error;
        Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        IsLive = Console.Profile.Out.IsTerminal && Console.Profile.Capabilities.Ansi;
        if (!Console.Profile.Out.IsTerminal)
            Console.Profile.Width = WidthOfNoTerminal;
    }

    /// <summary>The output, for whole documents such as help and JSON.</summary>
    public TextWriter Out { get; }

    /// <summary>The error output, for the parser's complaints.</summary>
    public TextWriter Error { get; }

    /// <summary>The output, for tables and bars.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether a person looks at a terminal that can redraw lines.</summary>
    public bool IsLive { get; }

    /// <summary>That of this process.</summary>
    public static Terminal OfProcess()
    {
        if (!OperatingSystem.IsWindows())
            return new Terminal(System.Console.Out, System.Console.Error);

        // By itself .NET writes in the console's old code page, which has a question mark for most of the world's letters. A console
        // takes UTF-16, whatever its code page is; that stays as it is, since it belongs to the shell. A file or a pipe takes UTF-8.
        (bool isFile, bool isErrorFile) = (System.Console.IsOutputRedirected, System.Console.IsErrorRedirected);
        if (!isFile || !isErrorFile)
            UseUnicode();
        return new Terminal(
            isFile ? Utf8(System.Console.OpenStandardOutput()) : System.Console.Out,
            isErrorFile ? Utf8(System.Console.OpenStandardError()) : System.Console.Error);
    }

    /// <summary>One that writes elsewhere and is no terminal.</summary>
    /// <param name="output">What takes the output.</param>
    /// <param name="error">What takes the errors.</param>
    public static Terminal Of(TextWriter output, TextWriter error) => new(output, error);

    /// <summary>Writes UTF-8, without a byte order mark and at once.</summary>
    internal static TextWriter Utf8(Stream stream) =>
        TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    private static void UseUnicode()
    {
        try
        {
            System.Console.OutputEncoding = Encoding.Unicode;
        }
        catch (Exception e) when (e is IOException or System.Security.SecurityException)
        {
            // What the console has must do.
        }
    }

    /// <summary>Prints a line.</summary>
    /// <param name="text">Any text.</param>
    public void Line(string text)
    {
        // Where bars are drawn, lines go above them: the console sees to that.
        if (IsLive)
            Console.WriteLine(DisplayText.Clean(text));
        else
            Out.WriteLine(DisplayText.Clean(text));
    }

    /// <summary>Prints why something failed and what to do, in one line of the error output.</summary>
    /// <param name="error">What happened.</param>
    public void Fail(TorrentError error) => Error.WriteLine(DisplayText.Clean($"patron: {error}"));

    /// <summary>Prints what may want attention: in one line of the error output, or above the bars.</summary>
    /// <param name="warning">What happened.</param>
    public void Warn(TorrentError warning)
    {
        string text = DisplayText.Clean(warning.ToString());
        if (IsLive)
            Console.MarkupLineInterpolated($"[yellow]Warning:[/] {text}");
        else
            Error.WriteLine($"patron: warning: {text}");
    }
}
