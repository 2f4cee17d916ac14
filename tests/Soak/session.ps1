<#
.SYNOPSIS
    The session that is under test: reads one JSON command a line, runs it, and answers with one line of JSON.
.DESCRIPTION
    A command is { "id": n, "script": "..." }, the answer { "id": n, "output": [...], "errors": [{ "id", "text" }] }.
    The session ends with its input.
#>
param([Parameter(Mandatory)] [string] $Module, [Parameter(Mandatory)] [string] $State, [Parameter(Mandatory)] [int] $Port)

Set-StrictMode -Version Latest
Import-Module (Join-Path $Module TorrentPatron.psd1) -ErrorAction Stop
$null = New-TorrentPatron soak -BindAddress 127.0.0.1 -Port $Port -StatePath $State -DisableDht -DisableLocalDiscovery -ErrorAction Stop
$PSDefaultParameterValues['*-Torrent*:Patron'] = 'soak'
function Get-Snapshot {
    Get-TorrentStatus | ForEach-Object {
        [ordered]@{
            infoHash = $_.InfoHash; state = "$($_.State)"; destination = $_.Destination; complete = $_.IsComplete
            percent = $_.PercentComplete; wanted = $_.WantedSize; completed = $_.CompletedSize; total = $_.TotalSize
            pieces = $_.VerifiedPieces; received = $_.BytesReceived; sent = $_.BytesSent; wasted = $_.BytesWasted
            failedPieces = $_.FailedPieces; seeding = $_.SeedingTime.TotalSeconds; peers = $_.ConnectedPeers
            completedAt = "$($_.CompletedAt)"; error = "$($_.Error)"; warnings = @($_.Warnings | ForEach-Object { "$_" })
        }
    }
}
'{"id":0,"output":[],"errors":[]}'
while ($null -ne ($line = [Console]::In.ReadLine())) {
    $command = $line | ConvertFrom-Json
    $problems = $null
    $output = @()
    try {
        $output = @(& ([scriptblock]::Create($command.script)) -ErrorAction SilentlyContinue 2>&1)
    } catch {
        $output = @($_)
    }
    $problems = @($output | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
    [ordered]@{
        id     = $command.id
        output = @($output | Where-Object { $_ -isnot [Management.Automation.ErrorRecord] })
        errors = @($problems | ForEach-Object { [ordered]@{ id = "$($_.FullyQualifiedErrorId)"; text = "$_" } })
    } | ConvertTo-Json -Depth 5 -Compress -EnumsAsStrings
}
