using System.Management.Automation;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Takes messages out of a patron's outbox: answers to what was asked of it, and news of its torrents.</summary>
[Cmdlet(VerbsCommunications.Receive, "TorrentMessage")]
[OutputType(typeof(TorrentMessage))]
public sealed class ReceiveTorrentMessageCommand : PipelineCmdlet
{
    /// <summary>The patron; by default the session's own.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    /// <summary>Wait until there is a message.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ChannelReader<TorrentMessage> outbox = (Patron ?? RunspacePatrons.Current.Default()).OpenOutbox();
        Run((output, cancellation) => ReceiveAsync(outbox, output, cancellation));
    }

    private async Task ReceiveAsync(ChannelReader<TorrentMessage> outbox, ICommandOutput output, CancellationToken cancellation)
    {
        if (Wait || Timeout is not null)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            ending.CancelAfter(Timeout ?? System.Threading.Timeout.InfiniteTimeSpan);
            try
            {
                await outbox.WaitToReadAsync(ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // As with Wait-Event, that nothing has come is no error.
                return;
            }
        }

        // Only those that are there now: more may come as fast as they are taken.
        for (int left = outbox.Count; left > 0 && outbox.TryRead(out TorrentMessage? message); left--)
            await output.EmitAsync(message).ConfigureAwait(false);
    }
}
