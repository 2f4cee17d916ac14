<#
.SYNOPSIS
Writes PublicAPI.Unshipped.txt of each project that others build on: its public API, less what PublicAPI.Shipped.txt has.
.DESCRIPTION
Run it after a change of public types or members, and look at the difference: users of the libraries will see it. A name that was shipped
and is gone stands there as *REMOVED*.
.EXAMPLE
./build/PublicApi/Write-PublicApi.ps1
.EXAMPLE
./build/PublicApi/Write-PublicApi.ps1 -Ship
#>
[CmdletBinding()]
[OutputType([void])]
param(
    # For a release: everything that is recorded moves to PublicAPI.Shipped.txt.
    [switch] $Ship
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$header = '#nullable enable'
$removed = '*REMOVED*'

function Write-ApiFile([string] $path, [string[]] $lines) {
    # The same order on every machine.
    $sorted = [System.Collections.Generic.SortedSet[string]]::new([string[]] $lines, [StringComparer]::Ordinal)
    [System.IO.File]::WriteAllText($path, (@($header) + @($sorted) -join "`n") + "`n")
}

foreach ($shipped in Get-ChildItem -Path (Join-Path $PSScriptRoot '../../src') -Filter PublicAPI.Shipped.txt -Recurse -Depth 1) {
    $project = $shipped.Directory
    $unshipped = Join-Path $project.FullName 'PublicAPI.Unshipped.txt'
    if ($Ship) {
        $all = @(Get-Content -LiteralPath $shipped.FullName, $unshipped | Where-Object { $_ -cne $header })
        $gone = @($all | Where-Object { $_.StartsWith($removed) })
        Write-ApiFile $shipped.FullName @($all | Where-Object { $_ -cnotin $gone -and "$removed$_" -cnotin $gone })
        Write-ApiFile $unshipped @()
        continue
    }

    # What is not recorded is a warning of this build, and its text is the line to record.
    $before = [System.IO.File]::ReadAllText($unshipped)
    Write-ApiFile $unshipped @()
    $output = dotnet build $project.FullName -nologo -v quiet -p:TreatWarningsAsErrors=false
    if ($LASTEXITCODE -ne 0) {
        [System.IO.File]::WriteAllText($unshipped, $before)
        throw "$($project.Name) does not build: $($output -match ': error ' | Select-Object -First 1)"
    }

    Write-ApiFile $unshipped @(
        foreach ($line in $output -clike "*$($project.Name).csproj?") {
            if ($line -cmatch "warning RS0016: Symbol '(.+)' is not part of") {
                $Matches[1]
            }
            elseif ($line -cmatch "warning RS0017: Symbol '(.+)' is part of") {
                "$removed$($Matches[1])"
            }
        })
}
