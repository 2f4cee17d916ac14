using System.Management.Automation.Host;
using System.Text;

namespace TorrentPatron.PowerShell.Live;

/// <summary>A part of the console that is redrawn in place. For the pipeline thread only.</summary>
/// <param name="ui">The host's console.</param>
internal sealed class LiveScreen(PSHostUserInterface ui)
{
    private int _lines;

    /// <summary>Whether a console can be drawn on.</summary>
    public static bool CanDraw(PSHost host)
    {
        try
        {
            // A host does not say where its output goes.
            return !Console.IsOutputRedirected && host.UI is { SupportsVirtualTerminal: true, RawUI.WindowSize: { Width: >= 20, Height: >= 6 } };
        }
        catch (Exception fault) when (fault is HostException or NotImplementedException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    /// <summary>Usable cells in a line; the last column stays empty because some consoles break the line there.</summary>
    public int Width => ui.RawUI.WindowSize.Width - 1;

    /// <summary>Lines that fit without scrolling the first out of sight.</summary>
    public int Height => ui.RawUI.WindowSize.Height - 2;

    /// <summary>How many cells a text takes.</summary>
    public int CellsOf(string text) => ui.RawUI.LengthInBufferCells(text);

    /// <summary>Draws lines over those drawn before.</summary>
    public void Draw(IReadOnlyList<string> lines)
    {
        var text = new StringBuilder("\e[?25l");
        Back(text);
        foreach (string line in lines)
            text.Append(line).Append("\e[K\n");
        ui.Write(text.Append("\e[J").ToString());
        _lines = lines.Count;
    }

    /// <summary>Erases the drawn lines.</summary>
    public void Clear()
    {
        var text = new StringBuilder();
        Back(text);
        ui.Write(text.Append("\e[J\e[?25h").ToString());
        _lines = 0;
    }

    /// <summary>Keeps the drawn lines on the screen.</summary>
    public void Leave()
    {
        ui.Write("\e[?25h");
        _lines = 0;
    }

    private void Back(StringBuilder text)
    {
        if (_lines > 0)
            text.Append('\r').Append("\e[").Append(_lines).Append('A');
    }
}
