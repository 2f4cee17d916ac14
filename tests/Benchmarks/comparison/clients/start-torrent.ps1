# One Start-Torrent -Wait in a new pwsh. Prints 'complete' when it is.
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Torrent,
    [Parameter(Mandatory)] [string] $Destination,
    [string] $Peer,
    [int] $Port,
    [switch] $Recheck,
    [switch] $Stay
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module $Module
$options = @{}
if ($Peer) { $options.Peer = $Peer }
if ($Port) { $options.Patron = New-TorrentPatron -Port $Port }
$null = Start-Torrent -LiteralPath $Torrent $Destination -Recheck:$Recheck -Wait @options
[Console]::Out.WriteLine('complete')
# Until the input ends.
if ($Stay) { $null = [Console]::In.ReadToEnd() }
