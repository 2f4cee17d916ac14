# Attaches to a service and takes the status of all torrents. Prints how many there are, and how long it took, in seconds.
param([Parameter(Mandatory)] [string] $Module, [Parameter(Mandatory)] [string] $Socket)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$clock = [Diagnostics.Stopwatch]::StartNew()
$null = Connect-TorrentPatron -Socket $Socket
$count = @(Get-TorrentStatus).Count
[Console]::Out.WriteLine("attached $count $($clock.Elapsed.TotalSeconds)")
