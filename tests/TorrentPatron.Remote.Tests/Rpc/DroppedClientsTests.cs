using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Tests.Rpc;

public class DroppedClientsTests
{
    private static readonly TorrentError Why = new(TorrentErrorId.ServiceUnavailable, "It did not read.", "Read.");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_reason_is_given_once_and_only_to_the_same_process_and_user()
    {
        var memory = new DroppedClients(_time);
        memory.Add(new PeerCredential("7", 100), new Hello(), Why);

        Assert.Null(memory.Take(new PeerCredential("7", 101), new Hello()));
        Assert.Null(memory.Take(new PeerCredential("8", 100), new Hello()));
        Assert.Equal(Why, memory.Take(new PeerCredential("7", 100), new Hello()));
        Assert.Null(memory.Take(new PeerCredential("7", 100), new Hello()));
    }

    [Fact]
    public void Without_a_process_id_from_the_system_the_hello_counts()
    {
        var memory = new DroppedClients(_time);
        memory.Add(new PeerCredential("7", null), new Hello { ProcessId = 100 }, Why);
        memory.Add(new PeerCredential("7", null), new Hello(), Why);

        Assert.Null(memory.Take(new PeerCredential("7", null), new Hello()));
        Assert.Equal(Why, memory.Take(new PeerCredential("7", null), new Hello { ProcessId = 100 }));
    }

    [Fact]
    public void Reasons_expire_after_a_minute_and_the_oldest_are_dropped_first()
    {
        var memory = new DroppedClients(_time);
        for (int process = 1; process <= DroppedClients.MostProcesses + 1; process++)
            memory.Add(new PeerCredential("7", process), new Hello(), Why);
        Assert.Null(memory.Take(new PeerCredential("7", 1), new Hello()));
        Assert.NotNull(memory.Take(new PeerCredential("7", 2), new Hello()));

        _time.Advance(DroppedClients.Kept);
        Assert.Null(memory.Take(new PeerCredential("7", 3), new Hello()));
    }
}
