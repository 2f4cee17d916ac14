using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Client;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>Hooks of a service of another process.</summary>
public class HookTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hook_outlives_its_client_and_others_can_see_its_runs_and_remove_it()
    {
        await using var test = new TestService(hookShell: new Shell());
        Assert.Null(test.Local.Hooks.UseSaved());
        TorrentHook hook = await test.Service.Hooks.RegisterAsync(Hook("one"), Token);
        await test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);
        await test.Service.DisposeAsync();
        RemoteTorrentService other = await test.ConnectAsync();
        await other.CreatePatron().RemoveAsync(Torrents.Hash(), deleteData: false, Token);
        TorrentHook seen;
        do
            seen = Assert.Single(await other.Hooks.GetAsync(Token));
        while (seen.Runs == 0);

        Assert.True(hook.IsSaved);
        Assert.Equal(("one", "a script", hook.RegisteredAt), (seen.Name, seen.ScriptBlock, seen.RegisteredAt));
        Assert.Equal((HookOutcome.Failed, 3, "a", "output"), (seen.LastRun!.Outcome, seen.LastRun.ExitCode, seen.LastRun.Torrent, seen.LastRun.Output));
        await other.Hooks.UnregisterAsync("ONE", Token);
        Assert.Empty(await other.Hooks.GetAsync(Token));
    }

    [Fact]
    public async Task Invalid_registrations_and_removals_are_refused_with_their_own_errors()
    {
        await using var test = new TestService(hookShell: new Shell());
        await test.Service.Hooks.RegisterAsync(Hook("one"), Token);

        Assert.Equal(TorrentErrorId.InvalidArgument, await ErrorAsync(test.Service.Hooks.RegisterAsync(Hook("One"), Token)));
        Assert.Equal(TorrentErrorId.InvalidArgument, await ErrorAsync(test.Service.Hooks.RegisterAsync(Hook("two") with { On = new([(TorrentHookEvent)99]) }, Token)));
        Assert.Equal(TorrentErrorId.HookNotFound, await ErrorAsync(test.Service.Hooks.UnregisterAsync("two", Token)));
    }

    private static async Task<string> ErrorAsync(Task asked) => (await Assert.ThrowsAsync<TorrentException>(() => asked)).Error.Id;

    private static TorrentHook Hook(string name) => new() { Name = name, On = new([TorrentHookEvent.Removed]), ScriptBlock = "a script" };

    private sealed class Shell : IHookShell
    {
        public TorrentError? Fault => null;

        public Task<HookExit> RunAsync(HookStart start, CancellationToken kill) => Task.FromResult(new HookExit(3, "output"));
    }
}
