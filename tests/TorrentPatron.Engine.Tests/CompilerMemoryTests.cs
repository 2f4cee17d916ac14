using TorrentPatron.Engine.Shared;

namespace TorrentPatron.Engine.Tests;

public sealed class CompilerMemoryTests
{
    private long _compiled;
    private int _trims;

    [Fact]
    public void Memory_is_released_once_after_a_compilation()
    {
        var memory = new CompilerMemory(() => _compiled, Trim(true));
        Check(memory, 100);
        Assert.Equal(0, _trims);
        _compiled = 5;
        Check(memory, 1);
        Assert.Equal(1, _trims);
        Check(memory, 100);
        Assert.Equal(1, _trims);
        _compiled = 6;
        Check(memory, 1);
        Assert.Equal(2, _trims);
    }

    [Fact]
    public void An_unsupported_system_is_not_asked_again()
    {
        var memory = new CompilerMemory(() => ++_compiled, Trim(false));
        Check(memory, 100);
        Assert.Equal(1, _trims);
    }

    private static void Check(CompilerMemory memory, int times)
    {
        for (int i = 0; i < times; i++)
            memory.Check();
    }

    private Func<bool> Trim(bool isPossible) => () =>
    {
        _trims++;
        return isPossible;
    };
}
