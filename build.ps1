<#
.SYNOPSIS
    Builds, tests, packages and shows TorrentPatron: a thin front on dotnet and Pester.
.PARAMETER Task
    Build: everything, and an importable module in module/TorrentPatron.
    Test: the xUnit tests, then those of Pester. Pester: only those, against the module that was built last.
    Package: the module as artifacts/TorrentPatron-<version>.zip.
    Demo: a download on 127.0.0.1.
.PARAMETER Configuration
    Release or Debug.
.EXAMPLE
    ./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pester', 'Package', 'Demo')]
    [string] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$module = Join-Path $PSScriptRoot 'module/TorrentPatron'
$artifacts = Join-Path $PSScriptRoot 'artifacts'

function Invoke-ModuleTest {
    [CmdletBinding()]
    [OutputType([int])]
    param()

    $tests = Join-Path $PSScriptRoot 'tests/Pester'
    $results = Join-Path $artifacts 'test-results'
    if (-not (Test-Path $tests)) {
        Write-Warning 'There are no Pester tests.'
        return 0
    }

    Import-Module Pester -MinimumVersion 5.0
    $null = New-Item -ItemType Directory -Path $results -Force
    $pester = New-PesterConfiguration
    $pester.Run.Path = $tests
    $pester.Run.PassThru = $true
    $pester.Output.Verbosity = 'Normal'
    $pester.TestResult.Enabled = $true
    $pester.TestResult.OutputPath = Join-Path $results 'pester.xml'
    $run = Invoke-Pester -Configuration $pester

    # A file whose blocks cannot be run has no failed test in it, but it has failed.
    $failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
    Set-Content -Path (Join-Path $results 'pester.counts') -Value "$($run.PassedCount) $failed $($run.SkippedCount)"
    return $failed
}

function New-ModulePackage {
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param()

    $version = (Import-PowerShellDataFile (Join-Path $module 'TorrentPatron.psd1')).ModuleVersion
    $package = Join-Path $artifacts "TorrentPatron-$version.zip"
    if ($PSCmdlet.ShouldProcess($package, 'Package the module')) {
        $null = New-Item -ItemType Directory -Path $artifacts -Force
        Compress-Archive -Path $module -DestinationPath $package -Force
        Get-Item $package
    }
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' {
            dotnet build --configuration $Configuration
        }
        'Test' {
            dotnet build --configuration $Configuration
            dotnet test --no-build --configuration $Configuration
            exit [Math]::Min((Invoke-ModuleTest), 100)
        }
        'Pester' {
            exit [Math]::Min((Invoke-ModuleTest), 100)
        }
        'Package' {
            if (Test-Path $module) {
                Remove-Item $module -Recurse
            }
            dotnet build src/TorrentPatron.PowerShell --configuration $Configuration
            New-ModulePackage
        }
        'Demo' {
            dotnet run --configuration $Configuration --project src/TorrentPatron.Cli -- demo
        }
    }
} finally {
    Pop-Location
}
