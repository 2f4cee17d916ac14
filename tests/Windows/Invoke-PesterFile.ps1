<#
.SYNOPSIS
    Runs one Pester file in a folder of its own, and writes a line for each test that failed and a last line with the counts.
#>
param([string] $File, [string] $ResultFile)

$ErrorActionPreference = 'Stop'
$name = (Split-Path $File -Leaf) -replace '\.Tests\.ps1$'
$state = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid()))).FullName
Set-Location $state
$env:TORRENTPATRON_STATE = $state
$env:PATH = "$PSHOME;$env:PATH"

$settings = New-PesterConfiguration
$settings.Run.Path = $File
$settings.Run.PassThru = $true
$settings.Output.RenderMode = 'Plaintext'
$settings.Output.Verbosity = 'Detailed'
& { $script:run = Invoke-Pester -Configuration $settings } *>&1 | Out-File "$ResultFile.log" -Width 250

$failed = @(
    $run.Failed | ForEach-Object { "$name.$($_.ExpandedPath)" }
    $run.FailedBlocks | ForEach-Object { "$name.$($_.ExpandedPath) (the block)" }
    $run.FailedContainers | ForEach-Object { "$name (the file)" })
@($failed -replace '\s+', ' ' -replace '^', 'failed ') + "total $($run.TotalCount) skipped $($run.SkippedCount + $run.NotRunCount)" |
    Set-Content $ResultFile
