using TorrentPatron.Remote.Hosting;

namespace TorrentPatron.Remote.Tests;

public class MemoryKeeperTests
{
    [Fact]
    public void Memory_is_released_once_after_many_torrents_have_started()
    {
        int torrents = 0, collected = 0;
        var memory = new MemoryKeeper(() => torrents, () => collected++);

        Assert.Equal(0, After(0));
        Assert.Equal(0, After(MemoryKeeper.Worth - 1));
        Assert.Equal(0, After(MemoryKeeper.Worth - 1));
        Assert.Equal(0, After(5_000));
        Assert.Equal(0, After(10_000));
        Assert.Equal(1, After(10_000));
        Assert.Equal(1, After(10_000));
        Assert.Equal(1, After(10_000 + MemoryKeeper.Worth - 1));
        Assert.Equal(1, After(10_000 + MemoryKeeper.Worth - 1));
        Assert.Equal(1, After(0));
        Assert.Equal(1, After(200));
        Assert.Equal(2, After(200));

        int After(int running)
        {
            torrents = running;
            memory.Look();
            return collected;
        }
    }
}
