using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>Clients query and stop a service.</summary>
public class ServiceControlTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_reports_its_info()
    {
        await using var test = new TestService();
        await test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);

        ServiceInfo info = (await ServiceControl.GetInfoAsync(test.Address, cancellationToken: Token))!;

        Assert.Equal((ServiceState.Running, Environment.ProcessId, 1, 2), (info.State, info.ProcessId, info.Torrents, info.Clients));
        Assert.Equal((test.Address, test.StatePath), (info.Address, info.StatePath));
        Assert.True(info.Uptime > TimeSpan.Zero);
        Assert.NotEmpty(info.Version);
    }

    [Fact]
    public async Task Without_a_service_there_is_no_info_and_nothing_to_stop()
    {
        using var folder = new TempFolder();
        string address = Address(folder);

        Assert.Null(await ServiceControl.GetInfoAsync(address, cancellationToken: Token));
        Assert.False(await ServiceControl.StopAsync(address, cancellationToken: Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_stops_the_service_and_is_answered_when_the_state_is_saved(bool restart)
    {
        using var folder = new TempFolder();
        string address = Address(folder);
        var settings = new ServiceSettings { StatePath = folder["state"] };
        ScriptedClient? engine = null;
        SharedService service = await SharedService.StartAsync(new TorrentService(settings, _ => engine = new ScriptedClient()), new SharedServiceOptions { Address = address }, Token);
        await using RemoteTorrentService other = await RemoteTorrentService.ConnectAsync(service.Address, cancellationToken: Token);
        Patron patron = other.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash(), status => status.IsComplete, Token);

        Task<bool> stopping = ServiceControl.StopAsync(address, restart: restart, cancellationToken: Token);
        Assert.Equal(restart, await service.StopRequested.WaitAsync(Patience, Token));
        Assert.False(stopping.IsCompleted);
        await service.DisposeAsync();
        Assert.True(engine!.IsDisposed);
        TorrentException told = await Assert.ThrowsAsync<TorrentException>(() => waiting);
        Assert.Equal(TorrentErrorId.ServiceUnavailable, told.Error.Id);

        // A restart is over when the next one answers.
        if (restart)
        {
            await using SharedService next = await SharedService.StartAsync(new TorrentService(settings, _ => new ScriptedClient()), new SharedServiceOptions { Address = address }, Token);
            Assert.True(await stopping.WaitAsync(Patience, Token));
        }
        else
        {
            Assert.True(await stopping.WaitAsync(Patience, Token));
            Assert.Null(await ServiceControl.GetInfoAsync(address, cancellationToken: Token));
        }
    }

    private static string Address(TempFolder folder) =>
        OperatingSystem.IsWindows() ? $"{ServiceAddresses.PipePrefix}TorrentPatron-test-{Guid.NewGuid():N}" : folder["run", "s"];
}
