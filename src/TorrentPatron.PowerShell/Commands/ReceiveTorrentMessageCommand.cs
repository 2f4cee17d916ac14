using System.Management.Automation;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Takes messages from a patron's outbox: answers to its commands, and events of its torrents.</summary>
[Cmdlet(VerbsCommunications.Receive, "TorrentMessage")]
[OutputType(typeof(TorrentMessage))]
public sealed class ReceiveTorrentMessageCommand : PipelineCmdlet
{
    /// <summary>Time between two checks whether the service still runs.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>The patron; by default the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    /// <summary>Wait for a message.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Patron patron = Patron ?? Session.Default();
        SessionPatrons session = RunspacePatrons.Current;
        WarnOfCutOffs(session);
        Run((output, cancellation) => ReceiveAsync(patron, output, cancellation));
        WarnOfCutOffs(session);
    }

    private async Task ReceiveAsync(Patron patron, ICommandOutput output, CancellationToken cancellation)
    {
        ChannelReader<TorrentMessage> outbox = patron.OpenOutbox();
        if (Wait || Timeout is not null)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            ending.CancelAfter(Timeout ?? System.Threading.Timeout.InfiniteTimeSpan);
            try
            {
                await WaitAsync(patron, outbox, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // As with Wait-Event, a timeout is not an error.
                return;
            }
        }

        // Only the messages that are there now: more may arrive as fast as they are taken.
        for (int left = outbox.Count; left > 0 && outbox.TryRead(out TorrentMessage? message); left--)
            await output.EmitAsync(message).ConfigureAwait(false);
    }

    /// <summary>Waits for a message, or until a service in another process that would send it has gone.</summary>
    private static async Task WaitAsync(Patron patron, ChannelReader<TorrentMessage> outbox, CancellationToken cancellation)
    {
        Task<bool> news = outbox.WaitToReadAsync(cancellation).AsTask();
        while (await Task.WhenAny(news, Task.Delay(LookInterval, cancellation)).ConfigureAwait(false) != news)
        {
            cancellation.ThrowIfCancellationRequested();
            if (patron.Service.Fault is { } gone)
                throw new TorrentException(gone);
        }

        await news.ConfigureAwait(false);
    }
}
