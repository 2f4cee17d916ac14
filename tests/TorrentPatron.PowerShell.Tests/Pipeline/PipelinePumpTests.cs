using TorrentPatron.PowerShell.Pipeline;

namespace TorrentPatron.PowerShell.Tests.Pipeline;

public sealed class PipelinePumpTests
{
    [Fact]
    public void Output_of_the_work_is_written_in_order_on_the_waiting_thread()
    {
        using var pump = new PipelinePump(() => { });
        int here = Environment.CurrentManagedThreadId;
        var written = new List<(int Value, int Thread)>();

        pump.Run(async _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                int value = i;
                await pump.OnPipelineThreadAsync<object?>(() =>
                {
                    written.Add((value, Environment.CurrentManagedThreadId));
                    return null;
                });
            }
        });

        Assert.Equal(Enumerable.Range(0, 100).Select(value => (value, here)), written);
    }

    [Fact]
    public void The_work_gets_the_answer()
    {
        using var pump = new PipelinePump(() => { });
        bool answer = false;

        pump.Run(async _ => answer = await pump.OnPipelineThreadAsync(() => true));

        Assert.True(answer);
    }

    [Fact]
    public void An_exception_of_the_pipeline_cancels_the_work_and_is_thrown_unchanged()
    {
        using var pump = new PipelinePump(() => { });
        var enough = new NotSupportedException("enough");
        bool seen = false;
        bool cancelled = false;
        bool wentOn = false;

        NotSupportedException thrown = Assert.Throws<NotSupportedException>(() => pump.Run(async cancellation =>
        {
            try
            {
                await pump.OnPipelineThreadAsync<object>(() => throw enough);
            }
            catch (NotSupportedException)
            {
                seen = true;
                cancelled = cancellation.IsCancellationRequested;
            }

            await pump.OnPipelineThreadAsync<object?>(() => wentOn = true);
        }));

        Assert.Same(enough, thrown);
        Assert.True(seen);
        Assert.True(cancelled || !wentOn);
        Assert.False(wentOn);
    }

    [Fact]
    public void An_exception_of_the_work_is_thrown()
    {
        using var pump = new PipelinePump(() => { });
        Assert.Throws<InvalidDataException>(() => pump.Run(_ => throw new InvalidDataException()));
        Assert.Throws<InvalidDataException>(() => pump.Run(async _ =>
        {
            await Task.Yield();
            throw new InvalidDataException();
        }));
    }

    [Fact]
    public void Cancelling_from_another_thread_ends_the_wait()
    {
        using var pump = new PipelinePump(() => { });
        Assert.ThrowsAny<OperationCanceledException>(() => pump.Run(cancellation =>
        {
            _ = Task.Run(pump.Cancel, CancellationToken.None);
            return Task.Delay(Timeout.Infinite, cancellation);
        }));
        Assert.ThrowsAny<OperationCanceledException>(() => pump.Run(_ => Task.CompletedTask));
    }

    [Fact]
    public void Work_that_ignores_its_cancellation_is_abandoned()
    {
        using var pump = new PipelinePump(() => { });
        using var never = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => pump.Run(_ =>
        {
            pump.Cancel();
            return Task.Delay(Timeout.Infinite, never.Token);
        }));
        never.Cancel();
    }

    [Fact]
    public void The_beat_continues_with_and_without_output_of_the_work()
    {
        int here = Environment.CurrentManagedThreadId;
        var beats = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int count = 0;
        using var pump = new PipelinePump(() =>
        {
            Assert.Equal(here, Environment.CurrentManagedThreadId);
            if (++count == 2)
                beats.SetResult();
        });

        pump.Run(_ => beats.Task);
        beats = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        count = 0;
        pump.Run(async _ =>
        {
            while (!beats.Task.IsCompleted)
                await pump.OnPipelineThreadAsync(() => 0);
        });

        Assert.True(count >= 2);
    }

    [Fact]
    public void A_pump_can_run_again()
    {
        using var pump = new PipelinePump(() => { });
        int sum = 0;
        for (int i = 1; i <= 3; i++)
            pump.Run(async _ => sum += await pump.OnPipelineThreadAsync(() => i));
        Assert.Equal(6, sum);
    }
}
