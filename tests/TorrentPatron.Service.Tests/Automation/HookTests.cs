using System.Collections.ObjectModel;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Automation;

/// <summary>Which hooks run for which events, their limits, and their saved state.</summary>
public sealed class HookTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeShell _shell = new();
    private readonly List<ServiceHooks> _made = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _shell.Release();
        foreach (ServiceHooks hooks in _made)
            await hooks.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_hook_runs_only_for_its_events_torrents_and_tags()
    {
        ServiceHooks hooks = Make();
        await hooks.RegisterAsync(Hook("all"), Token);
        await hooks.RegisterAsync(Hook("named") with { Torrents = List("b*") }, Token);
        await hooks.RegisterAsync(Hook("prefix") with { Torrents = List(Torrents.Hash("a").ToString()[..6].ToUpperInvariant()) }, Token);
        await hooks.RegisterAsync(Hook("tagged") with { Tags = List("ISO", "film") }, Token);
        await hooks.RegisterAsync(Hook("failures") with { On = List(TorrentHookEvent.Failed) }, Token);

        Say(hooks, Completed("a"));
        Assert.Equal(["all", "prefix"], await _shell.NextAsync(2));
        Say(hooks, Completed("bb", tag: "iso"));
        Assert.Equal(["all", "named", "tagged"], await _shell.NextAsync(3));
        Say(hooks, Completed("c") with { Status = Status("c", TorrentState.Seeding) with { OtherInfoHash = Torrents.Hash("a").ToString() } });
        Assert.Equal(["all", "prefix"], await _shell.NextAsync(2));
        Say(hooks, new TorrentStateChanged(Torrents.Hash(), TorrentState.Downloading, Status("a", TorrentState.Failed)));
        Assert.Equal(["failures"], await _shell.NextAsync(1));
        Say(hooks, new TorrentStateChanged(Torrents.Hash(), TorrentState.Downloading, Status("a", TorrentState.Seeding)));
        Say(hooks, Completed("a", CompletionReason.AlreadyOnDisk));
        Say(hooks, Completed("a", CompletionReason.Rechecked));
        Assert.Equal(["all", "prefix"], await _shell.NextAsync(2));
    }

    [Fact]
    public async Task The_script_receives_the_event_as_JSON_and_as_variables()
    {
        ServiceHooks hooks = Make();
        await hooks.RegisterAsync(Hook("one") with { On = List(TorrentHookEvent.Warning) }, Token);
        var error = new TorrentError("TrackerFailed", "It failed.", "Wait.");

        hooks.Take(new TorrentWarning(Torrents.Hash(), error), _ => Status("a\0\"; rm", TorrentState.Downloading) with { Tags = List("x", "y") });
        await _shell.NextAsync(1);
        HookStart start = _shell.Starts[0];

        Assert.Equal(Path.Combine(_folder["state"], "hooks"), Path.GetDirectoryName(start.Script));
        Assert.Equal("one", File.ReadAllText(start.Script));
        Assert.Equal(
            ["HOOK=one", "EVENT=Warning", "NAME=a\"; rm", $"INFOHASH={Torrents.Hash()}", "DESTINATION=/to", "PATH=/to/it", "TAGS=x,y", "ERROR=TrackerFailed"],
            start.Variables.Select(variable => $"{variable.Name["TORRENTPATRON_".Length..]}={variable.Value}"));
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(start.Input);
        Assert.Equal("a\0\"; rm", json.GetProperty("name").GetString());
        Assert.Equal("It failed.", json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(["x", "y"], json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public async Task Few_hooks_run_at_a_time_some_wait_and_the_rest_are_counted()
    {
        ServiceHooks hooks = Make();
        _shell.Hold();
        await hooks.RegisterAsync(Hook("slow"), Token);
        for (int i = 0; i < ServiceHooks.MostAtOnce + ServiceHooks.MostWaiting + 7; i++)
            Say(hooks, Completed("a"));
        await _shell.NextAsync(ServiceHooks.MostAtOnce);

        Assert.Equal(7, Assert.Single(await hooks.GetAsync(Token)).Skipped);
        Assert.Equal(ServiceHooks.MostAtOnce, _shell.Starts.Count);
        _shell.Release();
        await _shell.NextAsync(ServiceHooks.MostWaiting);
        TorrentHook hook = await RunsAsync(hooks, ServiceHooks.MostAtOnce + ServiceHooks.MostWaiting);
        Assert.Equal(ServiceHooks.MostHistory, hook.History.Count);
        Assert.Equal(ServiceHooks.MostAtOnce, _shell.MostAtOnce);
    }

    [Fact]
    public async Task The_outcome_of_a_run_is_recorded()
    {
        ServiceHooks hooks = Make();
        await hooks.RegisterAsync(Hook("one"), Token);

        _shell.End = _ => new HookExit(3, "some output");
        Say(hooks, Completed("a"));
        HookRun run = (await RunsAsync(hooks, 1)).LastRun!;
        Assert.Equal((HookOutcome.Failed, 3, "some output", "a"), (run.Outcome, run.ExitCode, run.Output, run.Torrent));
        _shell.End = _ => throw new TorrentException(HookErrors.NoShell);
        Say(hooks, Completed("a"));
        Assert.Equal((HookOutcome.NotStarted, TorrentErrorId.HookNotRun), Last(await RunsAsync(hooks, 2)));
        _shell.End = _ => throw new InvalidOperationException("A fault.");
        Say(hooks, Completed("a"));
        Assert.Equal((HookOutcome.NotStarted, TorrentErrorId.Unexpected), Last(await RunsAsync(hooks, 3)));
        _shell.End = _ => new HookExit(0, "");
        Say(hooks, Completed("a"));
        Assert.Equal((HookOutcome.Succeeded, null), Last(await RunsAsync(hooks, 4)));
        Assert.Equal(3, (await RunsAsync(hooks, 4)).Failures);
    }

    [Fact]
    public async Task A_script_is_killed_at_its_timeout_and_at_the_end_of_the_service()
    {
        ServiceHooks hooks = Make();
        _shell.Hold();
        await hooks.RegisterAsync(Hook("short") with { Timeout = TimeSpan.FromMilliseconds(50) }, Token);
        await hooks.RegisterAsync(Hook("long") with { On = List(TorrentHookEvent.Failed) }, Token);

        Say(hooks, Completed("a"));
        Assert.Equal((HookOutcome.TimedOut, TorrentErrorId.TimeoutReached), Last(await RunsAsync(hooks, 1)));
        Say(hooks, new TorrentStateChanged(Torrents.Hash(), TorrentState.Downloading, Status("a", TorrentState.Failed)));
        await _shell.NextAsync(2);
        await hooks.DisposeAsync();

        Assert.Equal(HookOutcome.Stopped, (await hooks.GetAsync(Token))[1].LastRun!.Outcome);
        Say(hooks, Completed("a"));
        Assert.Equal(2, _shell.Starts.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder["state"], "hooks")));
    }

    [Fact]
    public async Task Saved_hooks_are_restored_and_their_files_are_private_to_the_user()
    {
        ServiceHooks first = Make();
        first.UseSaved();
        await first.RegisterAsync(Hook("text") with { Torrents = List("x*"), Tags = List("t"), Timeout = TimeSpan.FromSeconds(7.5) }, Token);
        await first.RegisterAsync(Hook("gone"), Token);
        await first.RegisterAsync(Hook("path") with { ScriptBlock = null, ScriptPath = Script("x.ps1") }, Token);
        await first.UnregisterAsync("GONE", Token);
        await first.DisposeAsync();
        string folder = Path.Combine(_folder["state"], "hooks");

        ServiceHooks second = Make();
        Assert.Null(second.UseSaved());
        IReadOnlyList<TorrentHook> hooks = await second.GetAsync(Token);

        Assert.Equal(["text", "path"], hooks.Select(hook => hook.Name));
        Assert.Equal((await first.GetAsync(Token)).Select(Describe), hooks.Select(Describe));
        Assert.All(hooks, hook => Assert.True(hook.IsSaved));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        if (!OperatingSystem.IsWindows())
        {
            foreach (string file in Directory.GetFiles(folder))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }

        Say(second, Completed("xx", tag: "t"));
        Assert.Equal(["path", "text"], await _shell.NextAsync(2));
    }

    [Fact]
    public async Task An_unreadable_list_is_reported_set_aside_and_replaced()
    {
        string list = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder["state"], "hooks")).FullName, "hooks");
        await File.WriteAllTextAsync(list, "{ no list", Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(list, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ServiceHooks hooks = Make();

        Assert.Equal(TorrentErrorId.StateDamaged, hooks.UseSaved()?.Id);
        await hooks.RegisterAsync(Hook("new"), Token);

        Assert.Equal("{ no list", await File.ReadAllTextAsync(list + ".damaged", Token));
        Assert.Contains("\"new\"", await File.ReadAllTextAsync(list, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_hook_or_one_without_a_shell_is_refused()
    {
        ServiceHooks hooks = Make();
        await hooks.RegisterAsync(Hook("there"), Token);
        TorrentHook[] wrong =
        [
            Hook("There"), Hook(""), Hook(" x"), Hook("a\nb"), Hook(new string('x', TorrentHook.LongestName + 1)), Hook("x") with { On = List<TorrentHookEvent>() },
            Hook("x") with { ScriptBlock = null }, Hook("x") with { ScriptPath = Script("both.ps1") }, Hook("x") with { ScriptBlock = null, ScriptPath = "x.ps1" },
            Hook("x") with { ScriptBlock = null, ScriptPath = Script("x.sh") }, Hook("x") with { ScriptBlock = new string('x', TorrentHook.LongestScript + 1) },
            Hook("x") with { Timeout = TimeSpan.Zero }, Hook("x") with { Timeout = TimeSpan.FromDays(2) }, Hook("x") with { Torrents = List("") },
        ];
        foreach (TorrentHook hook in wrong)
            Assert.Equal(TorrentErrorId.InvalidArgument, await ErrorAsync(hooks.RegisterAsync(hook, Token)));
        Assert.Equal(TorrentErrorId.HookNotRun, await ErrorAsync(hooks.RegisterAsync(Hook("x") with { ScriptBlock = null, ScriptPath = _folder["no.ps1"] }, Token)));
        _shell.Fault = HookErrors.NoShell;
        Assert.Equal(TorrentErrorId.HookNotRun, await ErrorAsync(hooks.RegisterAsync(Hook("x"), Token)));
        Assert.Equal(TorrentErrorId.HookNotFound, await ErrorAsync(hooks.UnregisterAsync("x", Token)));
        Assert.Single(await hooks.GetAsync(Token));
    }

    [Fact]
    public async Task The_script_of_an_unregistered_hook_is_kept_until_its_runs_end()
    {
        ServiceHooks hooks = Make();
        _shell.Hold();
        await hooks.RegisterAsync(Hook("one"), Token);
        Say(hooks, Completed("a"));
        await _shell.NextAsync(1);

        await hooks.UnregisterAsync("one", Token);
        Say(hooks, Completed("a"));

        Assert.True(File.Exists(_shell.Starts[0].Script));
        _shell.Release();
        while (File.Exists(_shell.Starts[0].Script))
            await Task.Delay(10, Token);
        Assert.Single(_shell.Starts);
    }

    [Fact]
    public async Task A_service_runs_hooks_for_the_torrents_of_all_its_patrons()
    {
        await using var service = new TorrentService(
            new ServiceSettings { StatePath = _folder["state"] }, _ => new ScriptedClient(), TimeProvider.System, _shell);
        await ((ITorrentService)service).Hooks.RegisterAsync(Hook("gone") with { On = List(TorrentHookEvent.Removed) }, Token);
        _shell.Hold();
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Torrents.Start("a"), Token);

        Assert.IsType<TorrentRemoved>(await service.CreatePatron().RemoveAsync(Torrents.Hash("a"), deleteData: false, Token));
        Assert.Equal(["gone"], await _shell.NextAsync(1));

        // A script that hangs affects nobody.
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("a"), Token));
        _shell.Release();
        Assert.Equal(HookOutcome.Succeeded, (await RunsAsync(service.Hooks, 1)).LastRun!.Outcome);
    }

    [Fact]
    public async Task A_completion_with_an_unfinished_hook_is_pending_for_the_next_service()
    {
        ServiceHooks first = Saved();
        await first.RegisterAsync(Hook("quick"), Token);
        await first.RegisterAsync(Hook("slow") with { Tags = List("t") }, Token);
        first.Starting(Torrents.Hash("a"));
        Assert.Equal(["a"], Pending());
        Say(first, Completed("a"));
        Assert.Equal(["quick"], await _shell.NextAsync(1));
        await RunsAsync(first, 1);
        await EmptyAsync();

        // Without a report of its end: it was killed, after the run of 'quick' had ended.
        first.Starting(Torrents.Hash("a"));
        _shell.Held = "slow";
        Say(first, Completed("a", tag: "t"));
        await _shell.NextAsync(2);
        await RunsAsync(first, 2);
        _shell.Held = null;

        ServiceHooks second = Saved();
        Say(second, Completed("a", CompletionReason.AlreadyOnDisk, tag: "t"));
        Assert.Equal(["slow"], await _shell.NextAsync(1));
        Say(second, Created("a"));
        await EmptyAsync();
        Say(second, Completed("a", CompletionReason.AlreadyOnDisk, tag: "t"));
        Assert.Equal(4, _shell.Starts.Count);
    }

    [Fact]
    public async Task Completion_hooks_that_wait_or_run_when_the_service_ends_run_again_in_the_next_one()
    {
        ServiceHooks first = Saved();
        await first.RegisterAsync(Hook("one") with { On = List(TorrentHookEvent.Completed, TorrentHookEvent.Warning) }, Token);
        string[] names = [.. Enumerable.Range(0, ServiceHooks.MostAtOnce + 2).Select(number => $"{number}")];
        _shell.Hold();
        foreach (string name in names)
        {
            first.Starting(Torrents.Hash(name));
            Say(first, Completed(name));
        }

        Say(first, new TorrentWarning(Torrents.Hash("0"), new TorrentError("TrackerFailed", "It failed.", "Wait.")));
        await _shell.NextAsync(ServiceHooks.MostAtOnce);
        await first.DisposeAsync();
        Assert.Equal(names, Pending());

        // One of them is suspended now: it reports its completion only when it starts.
        _shell.Release();
        ServiceHooks second = Saved();
        foreach (string name in names)
            Say(second, name == "0" ? Created(name) : Completed(name, CompletionReason.AlreadyOnDisk));
        await _shell.NextAsync(names.Length);
        await EmptyAsync();
        Assert.Equal(names.Length, (await RunsAsync(second, names.Length)).Runs);
    }

    [Fact]
    public async Task A_hook_that_kills_its_service_is_tried_at_most_three_times()
    {
        _shell.Hold();
        ServiceHooks first = Saved();
        await first.RegisterAsync(Hook("deadly"), Token);
        first.Starting(Torrents.Hash("a"));
        Say(first, Completed("a"));
        await _shell.NextAsync(1);
        for (int service = 1; service < PendingCompletions.MostTries; service++)
        {
            Say(Saved(), Completed("a", CompletionReason.AlreadyOnDisk));
            await _shell.NextAsync(1);
        }

        ServiceHooks last = Saved();
        Say(last, Completed("a", CompletionReason.AlreadyOnDisk));

        TorrentHook hook = await RunsAsync(last, 1);
        Assert.Equal((HookOutcome.NotStarted, TorrentErrorId.HookNotRun), Last(hook));
        Assert.Contains("3 times", hook.LastRun!.Error!.Message, StringComparison.Ordinal);
        await EmptyAsync();
        Assert.Equal(PendingCompletions.MostTries, _shell.Starts.Count);
    }

    [Fact]
    public async Task A_complete_torrent_without_a_pending_hook_raises_no_event_again()
    {
        ServiceHooks hooks = Saved();
        foreach (string name in (string[])["none", "gone", "lost", "again"])
            hooks.Starting(Torrents.Hash(name));

        // Complete without a hook, removed, and one that was deleted while no service ran.
        Say(hooks, Completed("none"));
        Say(hooks, new TorrentRemoved(Torrents.Hash("gone"), 1, 0, 0));
        Assert.Equal(["again", "lost"], Pending());

        ServiceHooks next = Saved();
        next.Keep([Torrents.Hash("none"), Torrents.Hash("again")]);
        Assert.Equal(["again"], Pending());
        await next.RegisterAsync(Hook("one"), Token);
        Say(next, Completed("none", CompletionReason.AlreadyOnDisk));
        Say(next, Created("none"));
        Say(next, Completed("again"));
        Assert.Equal(["one"], await _shell.NextAsync(1));
        await EmptyAsync();

        // It wants more files than before, and has them.
        Say(next, new TorrentStateChanged(Torrents.Hash("again"), TorrentState.Seeding, Status("again", TorrentState.Downloading)));
        Assert.Equal(["again"], Pending());
        Say(next, Completed("again"));
        Assert.Equal(["one"], await _shell.NextAsync(1));
        await EmptyAsync();
        Assert.Equal(2, _shell.Starts.Count);
    }

    [Fact]
    public async Task Unsaved_hooks_record_no_completions()
    {
        ServiceHooks hooks = Make();
        await hooks.RegisterAsync(Hook("one"), Token);
        hooks.Starting(Torrents.Hash("a"));
        Say(hooks, new TorrentStateChanged(Torrents.Hash("a"), TorrentState.Checking, Status("a", TorrentState.Downloading)));
        _shell.Hold();
        Say(hooks, Completed("a"));
        await _shell.NextAsync(1);
        Assert.Empty(Pending());
    }

    [Fact]
    public async Task A_service_records_a_torrent_from_its_first_start_to_its_removal()
    {
        var client = new ScriptedClient();
        await using var service = new TorrentService(
            new ServiceSettings { StatePath = _folder["state"] }, _ => client, TimeProvider.System, _shell);
        Assert.Null(service.Hooks.UseSaved());
        Patron patron = service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start("a"), Token));
        Assert.Equal(["a"], Pending("a", "b"));

        Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(Torrents.Hash("a"), deleteData: false, Token));
        await EmptyAsync();
    }

    [Fact]
    public async Task A_failed_start_leaves_no_folder_behind()
    {
        var client = new ScriptedClient { FailStart = _ => true };
        await using var service = new TorrentService(
            new ServiceSettings { StatePath = _folder["state"] }, _ => client, TimeProvider.System, _shell);
        Assert.Null(service.Hooks.UseSaved());

        Assert.IsType<TorrentStartFail>(await service.CreatePatron().StartAsync(Torrents.Start("a"), Token));

        Assert.Empty(Directory.GetDirectories(_folder["state"]));
    }

    private static async Task<string> ErrorAsync(Task asked) => (await Assert.ThrowsAsync<TorrentException>(() => asked)).Error.Id;

    private static (HookOutcome Outcome, string? Error) Last(TorrentHook hook) => (hook.LastRun!.Outcome, hook.LastRun.Error?.Id);

    private static string Describe(TorrentHook hook) =>
        $"{hook} {hook.ScriptPath} {hook.ScriptBlock} {string.Join('|', hook.Torrents)} {string.Join('|', hook.Tags)} {hook.Timeout} {hook.RegisteredAt:O}";

    private static async Task<TorrentHook> RunsAsync(ServiceHooks hooks, int runs)
    {
        while (true)
        {
            if ((await hooks.GetAsync(Token))[0] is var hook && hook.Runs >= runs)
                return hook;
            await Task.Delay(10, Token);
        }
    }

    private ServiceHooks Make()
    {
        var hooks = new ServiceHooks(_folder["state"], TimeProvider.System, _shell);
        _made.Add(hooks);
        return hooks;
    }

    private ServiceHooks Saved()
    {
        ServiceHooks hooks = Make();
        Assert.Null(hooks.UseSaved());
        return hooks;
    }

    /// <summary>The torrents whose completion is pending.</summary>
    private IEnumerable<string> Pending(params string[] names)
    {
        string folder = Path.Combine(_folder["state"], "hooks", "pending");
        if (!Directory.Exists(folder))
            return [];
        string[] all = [.. names, "a", "none", "gone", "lost", "again", .. Enumerable.Range(0, 10).Select(number => $"{number}")];
        return Directory.GetFiles(folder).Select(file => all.First(name => $"{Torrents.Hash(name)}" == Path.GetFileName(file))).Order(StringComparer.Ordinal);
    }

    private async Task EmptyAsync()
    {
        while (Pending().Any())
            await Task.Delay(10, Token);
    }

    private string Script(string name)
    {
        File.WriteAllText(_folder[name], "");
        return _folder[name];
    }

    private static void Say(ServiceHooks hooks, TorrentMessage message) => hooks.Take(message, _ => null);

    private static ReadOnlyCollection<T> List<T>(params T[] items) => new(items);

    private static TorrentHook Hook(string name) => new() { Name = name, On = List(TorrentHookEvent.Completed), ScriptBlock = name.Length == 0 ? "x" : name };

    private static TorrentCompleted Completed(string name, CompletionReason reason = CompletionReason.Downloaded, string? tag = null) =>
        new(Torrents.Hash(name), reason, Status(name, TorrentState.Seeding) with { Tags = tag is null ? [] : List(tag) });

    private static NewTorrentCreated Created(string name) => new(Torrents.Hash(name), 1, Status(name, TorrentState.Suspended) with { IsComplete = true });

    private static TorrentStatus Status(string name, TorrentState state) =>
        new() { Name = name, InfoHash = Torrents.Hash(name).ToString(), State = state, Destination = "/to", Path = "/to/it" };

    /// <summary>Records the runs, and ends them when the test says so.</summary>
    private sealed class FakeShell : IHookShell
    {
        private readonly Lock _gate = new();
        private readonly List<HookStart> _starts = [];
        private readonly Channel<string> _names = Channel.CreateUnbounded<string>();
        private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _running;

        public FakeShell() => _open.SetResult();

        public TorrentError? Fault { get; set; }

        public Func<HookStart, HookExit> End { get; set; } = _ => new HookExit(0, "");

        /// <summary>The hook whose runs last until they are killed.</summary>
        public string? Held { get; set; }

        public int MostAtOnce { get; private set; }

        public IReadOnlyList<HookStart> Starts
        {
            get
            {
                lock (_gate)
                    return [.. _starts];
            }
        }

        public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _open.TrySetResult();

        /// <summary>The next hooks that were run, in the order of their names.</summary>
        public async Task<IEnumerable<string>> NextAsync(int count)
        {
            var names = new List<string>();
            while (names.Count < count)
                names.Add(await _names.Reader.ReadAsync(Token));
            return names.Order(StringComparer.Ordinal);
        }

        public async Task<HookExit> RunAsync(HookStart start, CancellationToken kill)
        {
            lock (_gate)
            {
                _starts.Add(start);
                MostAtOnce = Math.Max(MostAtOnce, ++_running);
            }

            _names.Writer.TryWrite(start.Variables[0].Value);
            try
            {
                await (start.Variables[0].Value == Held ? Task.Delay(Timeout.Infinite, kill) : _open.Task.WaitAsync(kill));
                return End(start);
            }
            catch (OperationCanceledException)
            {
                return new HookExit(null, "");
            }
            finally
            {
                lock (_gate)
                    _running--;
            }
        }
    }
}
