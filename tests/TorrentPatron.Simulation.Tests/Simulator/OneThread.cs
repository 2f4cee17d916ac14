using System.Runtime.CompilerServices;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>One thread runs everything, in an order that follows from the seed: see <see cref="World"/>.</summary>
internal static class OneThread
{
    // Here and not in the project file: the test platform's own process also reads the project's settings,
    // and hangs if its pool has only one thread.
    [ModuleInitializer]
    public static void Set()
    {
        AppContext.SetData("System.Threading.ThreadPool.MinThreads", 1);
        AppContext.SetData("System.Threading.ThreadPool.MaxThreads", 1);
    }
}
