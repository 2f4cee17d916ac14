using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Automation;

/// <summary>The errors about hooks.</summary>
internal static class HookErrors
{
    public static TorrentError Invalid(string what, string remedy) => new(TorrentErrorId.InvalidArgument, what, remedy);

    public static TorrentError NameInUse(string name) => Invalid(
        $"There already is a hook '{DisplayText.Clean(name)}'.", "Choose another name, or remove the other hook with Unregister-TorrentHook.");

    public static TorrentError TooMany(int most) => Invalid($"The service already has {most} hooks, the maximum.", "Remove some with Unregister-TorrentHook.");

    public static TorrentError NotFound(string name) => new(
        TorrentErrorId.HookNotFound, $"There is no hook '{DisplayText.Clean(name)}'.", "Get-TorrentHook shows the registered hooks.");

    public static TorrentError ScriptGone(string path) => new(
        TorrentErrorId.HookNotRun, $"The script '{DisplayText.Clean(path)}' does not exist.", "Put it back, or register the hook with another script.");

    public static TorrentError NoShell { get; } = new(
        TorrentErrorId.HookNotRun, "PowerShell, which runs the hooks, was not found.", "Install PowerShell 7 in a folder of the service's PATH.");

    public static TorrentError NotStarted(string why) => new(
        TorrentErrorId.HookNotRun, $"PowerShell could not be started: {DisplayText.Clean(why).TrimEnd('.')}.", "Check the PowerShell installation in the service's PATH.");

    public static TorrentError TimedOut(TimeSpan timeout) => new(
        TorrentErrorId.TimeoutReached, FormattableString.Invariant($"The script did not finish within {timeout.TotalSeconds:0.#} s and was killed."),
        "Make the script faster, or give it more time with -TimeoutSeconds.");

    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.PatronStopped, "The service stopped while the script ran, and killed it.",
        "For a complete torrent the service runs it again at its next start; otherwise run it by hand if it matters.");

    public static TorrentError GivenUp(int tries) => new(
        TorrentErrorId.HookNotRun, $"The service has ended {tries} times while scripts ran for this torrent's completion.",
        "Check that the script does not end the service, and run it by hand.");

    public static TorrentError NotSaved(string folder, string why) => new(
        TorrentErrorId.StateNotWritable, $"The hooks cannot be saved in '{DisplayText.Clean(folder)}': {DisplayText.Clean(why)}",
        "Check the service's state folder and the free space on its disk.");

    public static TorrentError Damaged(string path, string why) => new(
        TorrentErrorId.StateDamaged, $"The saved hooks '{DisplayText.Clean(path)}' cannot be read: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Register the hooks again; none runs until then. The damaged file is kept beside it as hooks.damaged.");
}
