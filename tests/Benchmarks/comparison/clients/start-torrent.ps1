# One Start-Torrent -Wait in a new pwsh. Prints 'complete' when it is, with -Watch also how long each status call took, in seconds.
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Torrent,
    [Parameter(Mandatory)] [string] $Destination,
    [string] $Peer,
    [string] $Socket,
    [int] $Port,
    [int] $MaxPeers,
    [switch] $Recheck,
    [switch] $Stay,
    [switch] $Watch
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module $Module
$options = @{}
if ($Socket) { $null = Connect-TorrentPatron -Socket $Socket }
if ($Peer) { $options.Peer = $Peer -split ',' }
if ($Port) { $options.Patron = New-TorrentPatron -Port $Port -MaxPeers ([Math]::Max($MaxPeers, 500)) -MaxPeersPerTorrent $MaxPeers }
if ($Watch) {
    $times = [Collections.Generic.List[double]]::new()
    $clock = [Diagnostics.Stopwatch]::new()
    $null = Start-Torrent -LiteralPath $Torrent $Destination @options
    do {
        Start-Sleep -Milliseconds 50
        $clock.Restart()
        $status = Get-TorrentStatus
        $times.Add($clock.Elapsed.TotalSeconds)
    } until ($status.IsComplete)
    [Console]::Out.WriteLine("complete $(ConvertTo-Json $times -Compress)")
} else {
    $null = Start-Torrent -LiteralPath $Torrent $Destination -Recheck:$Recheck -Wait @options
    [Console]::Out.WriteLine('complete')
}
# Until the input ends.
if ($Stay) { $null = [Console]::In.ReadToEnd() }
