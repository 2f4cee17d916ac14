using System.Text;
using Spectre.Console;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Cli;

/// <summary>
/// The output and the error output. Lines are passed through <see cref="DisplayText.Clean"/>, so that no text from outside controls the
/// terminal.
/// </summary>
internal sealed class Terminal
{
    // Spectre wraps its output at the width of the terminal; a file or a pipe has none.
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

    /// <summary>The error output, for parser errors.</summary>
    public TextWriter Error { get; }

    /// <summary>The output, for tables and bars.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether the output is a terminal that can redraw lines.</summary>
    public bool IsLive { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        if (!OperatingSystem.IsWindows())
            return new Terminal(System.Console.Out, System.Console.Error);

        // By default .NET writes in the console's old code page, which lacks most of the world's letters. A console accepts UTF-16 whatever its
        // code page is, which belongs to the shell and stays unchanged. A file or a pipe gets UTF-8.
        (bool isFile, bool isErrorFile) = (System.Console.IsOutputRedirected, System.Console.IsErrorRedirected);
        if (!isFile || !isErrorFile)
            UseUnicode();
        return new Terminal(
            isFile ? Utf8(System.Console.OpenStandardOutput()) : System.Console.Out,
            isErrorFile ? Utf8(System.Console.OpenStandardError()) : System.Console.Error);
    }

    /// <summary>A terminal that writes elsewhere and cannot redraw lines.</summary>
    /// <param name="output">Receives the output.</param>
    /// <param name="error">Receives the errors.</param>
    public static Terminal Of(TextWriter output, TextWriter error) => new(output, error);

    /// <summary>Writes UTF-8 without a byte order mark and without buffering.</summary>
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
            // Use the console's own encoding then.
        }
    }

    /// <summary>Prints a line.</summary>
    /// <param name="text">Any text.</param>
    public void Line(string text)
    {
        // While bars are drawn, lines appear above them: the console takes care of that.
        if (IsLive)
            Console.WriteLine(DisplayText.Clean(text));
        else
            Out.WriteLine(DisplayText.Clean(text));
    }

    /// <summary>Prints an error and its remedy on one line of the error output.</summary>
    /// <param name="error">The error.</param>
    public void Fail(TorrentError error) => Error.WriteLine(DisplayText.Clean($"patron: {error}"));

    /// <summary>Prints a warning: on one line of the error output, or above the bars.</summary>
    /// <param name="warning">The warning.</param>
    public void Warn(TorrentError warning)
    {
        string text = DisplayText.Clean(warning.ToString());
        if (IsLive)
            Console.MarkupLineInterpolated($"[yellow]Warning:[/] {text}");
        else
            Error.WriteLine($"patron: warning: {text}");
    }
}
