using System.Reflection;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Tests.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Hosting;

public sealed class SessionPatronsTests
{
    [Fact]
    public async Task A_session_begins_without_patrons_and_creates_its_own_once()
    {
        await using var session = new ScriptedSession();

        Assert.Empty(session.Patrons.Patrons);
        Assert.Empty(session.Patrons.Torrents);
        Assert.Same(session.Patrons.Default(), session.Patrons.Default());
        Assert.Empty(session.Clients);
    }

    [Fact]
    public async Task The_default_patron_is_created_again_after_it_was_stopped()
    {
        await using var session = new ScriptedSession();
        Patron first = session.Patrons.Default();
        await session.Patrons.StopAsync(first);

        Assert.Empty(session.Patrons.Patrons);
        Assert.NotSame(first, session.Patrons.Default());
    }

    [Fact]
    public async Task Patrons_share_the_sessions_engine_unless_they_have_settings()
    {
        await using var session = new ScriptedSession();
        Patron shared = session.Patrons.Create("shared", null);
        Patron own = session.Patrons.Create("own", new ServiceSettings());

        Assert.Same(session.Patrons.Default().Service, shared.Service);
        Assert.NotSame(shared.Service, own.Service);
        Assert.Equal(["shared", "default", "own"], session.Patrons.Patrons.Select(patron => patron.Name));

        await session.Patrons.StopAsync(own);
        Assert.Equal(["shared", "default"], session.Patrons.Patrons.Select(patron => patron.Name));
    }

    [Fact]
    public async Task The_session_lists_the_torrents_of_all_services()
    {
        await using var session = new ScriptedSession();
        await session.StartAsync("a");
        await session.StartAsync("a", session.Patrons.Create("own", new ServiceSettings()));

        Assert.Equal(2, session.Patrons.Torrents.Count);
        Assert.Equal(2, session.Clients.Count);
    }

    [Fact]
    public async Task The_reason_for_a_dropped_connection_is_given_once()
    {
        await using var session = new ScriptedSession();
        var service = (ServiceProxy)DispatchProxy.Create<ITorrentService, ServiceProxy>();
        service.Inner = session.Patrons.Default().Service;
        await session.Patrons.AttachAsync("far", (ITorrentService)(object)service);
        Assert.Empty(session.Patrons.TakeCutOffs());

        service.CutOff = new TorrentError("ServiceUnavailable", "It did not read.", "Read.");
        Assert.Equal("It did not read.", Assert.Single(session.Patrons.TakeCutOffs()).Why.Message);
        Assert.Empty(session.Patrons.TakeCutOffs());
        service.CutOff = service.CutOff with { };
        Assert.Single(session.Patrons.TakeCutOffs());
        Assert.Empty(session.Patrons.TakeCutOffs());
    }

    [Fact]
    public async Task An_ended_session_creates_no_more_patrons()
    {
        await using var session = new ScriptedSession();
        Patron patron = session.Patrons.Default();
        await session.Patrons.DisposeAsync();

        Assert.True(patron.IsStopped);
        Assert.Throws<ObjectDisposedException>(() => session.Patrons.Default());
    }

#pragma warning disable CA1515, CA1852 // DispatchProxy derives from it.
    /// <summary>A service that reports a dropped connection, and otherwise forwards to another one.</summary>
    public class ServiceProxy : DispatchProxy
    {
        public ITorrentService? Inner { get; set; }

        public TorrentError? CutOff { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == "get_CutOff" ? CutOff : targetMethod.Invoke(Inner, args);
    }
}
