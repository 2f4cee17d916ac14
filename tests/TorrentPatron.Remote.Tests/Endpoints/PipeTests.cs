#pragma warning disable CA1416 // What runs on Windows alone is skipped elsewhere.

using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Tests.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Tests.Endpoints;

/// <summary>Named pipes, on Windows.</summary>
public sealed class PipeTests
{
    private static readonly string Address = ServiceAddresses.PipePrefix + "TorrentPatron-test-" + Guid.NewGuid().ToString("N");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_connect_through_a_pipe_until_the_service_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "The test uses Windows named pipes.");
        await using (var server = new RpcServer(await ServiceEndpoint.ListenAsync(Address), Hello.OfThisProcess(), _ => TestMethods.Table()))
        {
            server.Start();
            for (int i = 0; i < 20; i++)
            {
                var (connection, hello) = await ServiceEndpoint.ConnectAsync(new RpcMethodTable(), Hello.OfThisProcess(), Address, cancellationToken: Test);
                await using (connection)
                {
                    Assert.Equal(Environment.ProcessId, hello.ProcessId);
                    Assert.Equal("x", (await connection.CallAsync(TestMethods.Echo, new Text { Value = "x" }, Test)).Value);
                    Assert.Equal(1_000_000, (await connection.CallAsync(TestMethods.Fill, new Number { Value = 1_000_000 }, Test)).Value.Length);
                }
            }
        }

        var thrown = await Assert.ThrowsAsync<TorrentException>(() => ServiceEndpoint.DialAsync(Address, cancellationToken: Test));
        Assert.Equal(TorrentErrorId.ServiceUnavailable, thrown.Error.Id);
    }

    [Fact]
    public void The_name_of_a_pipe_is_its_address_without_the_prefix()
    {
        Assert.Equal("TorrentPatron-S-1-5-21", PipeListener.NameOf(@"\\.\pipe\TorrentPatron-S-1-5-21"));
        Assert.Equal("x", PipeListener.NameOf("x"));
    }
}
