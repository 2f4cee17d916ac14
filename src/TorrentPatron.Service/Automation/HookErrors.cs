using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Automation;

/// <summary>What can be wrong with hooks, each worded once.</summary>
internal static class HookErrors
{
    public static TorrentError Invalid(string what, string remedy) => new(TorrentErrorId.InvalidArgument, what, remedy);

    public static TorrentError NameInUse(string name) => Invalid(
        $"A hook is called '{DisplayText.Clean(name)}' already.", "Choose another name, or remove that one with Unregister-TorrentHook.");

    public static TorrentError TooMany(int most) => Invalid($"The service has {most} hooks already.", "Remove some with Unregister-TorrentHook.");

    public static TorrentError NotFound(string name) => new(
        TorrentErrorId.HookNotFound, $"No hook is called '{DisplayText.Clean(name)}'.", "Get-TorrentHook shows those that there are.");

    public static TorrentError ScriptGone(string path) => new(
        TorrentErrorId.HookNotRun, $"The script '{DisplayText.Clean(path)}' is not there.", "Put it back, or register the hook with another script.");

    public static TorrentError NoShell { get; } = new(
        TorrentErrorId.HookNotRun, "No PowerShell was found to run hooks with.", "Install PowerShell 7, so that pwsh is in a folder of the service's PATH.");

    public static TorrentError NotStarted(string why) => new(
        TorrentErrorId.HookNotRun, $"PowerShell could not be started: {DisplayText.Clean(why).TrimEnd('.')}.", "Check the PowerShell that the service finds.");

    public static TorrentError TimedOut(TimeSpan timeout) => new(
        TorrentErrorId.TimeoutReached, FormattableString.Invariant($"The script was not done after {timeout.TotalSeconds:0.#} s, and was killed."),
        "Make it faster, or give it more time with -TimeoutSeconds.");

    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.PatronStopped, "The service ended while the script ran, and killed it.",
        "For a torrent that is complete, the next service runs it again; else run it by hand where it matters.");

    public static TorrentError GivenUp(int tries) => new(
        TorrentErrorId.HookNotRun, $"The service has ended {tries} times while scripts ran for this torrent's completion.",
        "Check that the script does not end the service, and run it by hand.");

    public static TorrentError NotSaved(string folder, string why) => new(
        TorrentErrorId.StateNotWritable, $"The hooks cannot be saved in '{DisplayText.Clean(folder)}': {DisplayText.Clean(why)}",
        "Check the state folder of the service, and the room on its disk.");

    public static TorrentError Damaged(string path, string why) => new(
        TorrentErrorId.StateDamaged, $"The saved hooks '{DisplayText.Clean(path)}' cannot be read: {DisplayText.Clean(why).TrimEnd('.')}.",
        "No hook runs until they are registered again; what was there is kept beside it, as hooks.damaged.");
}
