<#
.SYNOPSIS
    Builds, tests, packages and shows TorrentPatron: a thin front on dotnet.
.PARAMETER Task
    Build: everything, and an importable module in module/TorrentPatron.
    Test: all tests, those of Pester among them.
    Package: the module as artifacts/TorrentPatron-<version>.zip.
    Demo: a download on 127.0.0.1.
.PARAMETER Configuration
    Release or Debug.
.PARAMETER WithMonoTorrent
    Builds the second engine too, where the registry has its package; the module has it in engines/MonoTorrent.
.EXAMPLE
    ./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Package', 'Demo')]
    [string] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [switch] $WithMonoTorrent
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$module = Join-Path $PSScriptRoot 'module/TorrentPatron'
$artifacts = Join-Path $PSScriptRoot 'artifacts'
$engines = if ($WithMonoTorrent) { '-p:WithMonoTorrent=true' } else { '-p:WithMonoTorrent=false' }

function New-ModulePackage {
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param()

    $version = (Import-PowerShellDataFile (Join-Path $module 'TorrentPatron.psd1')).ModuleVersion
    $package = Join-Path $artifacts "TorrentPatron-$version.zip"
    if ($PSCmdlet.ShouldProcess($package, 'Package the module')) {
        $null = New-Item -ItemType Directory -Path $artifacts -Force
        if (Test-Path $package) {
            Remove-Item $package
        }
        # .NET's own: not every installation of PowerShell brings Compress-Archive.
        [IO.Compression.ZipFile]::CreateFromDirectory($module, $package, 'Optimal', $true)
        Get-Item $package
    }
}

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' {
            dotnet build --configuration $Configuration $engines
        }
        'Test' {
            dotnet build --configuration $Configuration $engines
            # One assembly after the other: they time sockets, and must not starve each other.
            dotnet test --no-build -m:1 --configuration $Configuration
        }
        'Package' {
            if (Test-Path $module) {
                Remove-Item $module -Recurse
            }
            # Not compiled for this machine: the package is for every system, and another's images are refused.
            dotnet build src/TorrentPatron.PowerShell --configuration $Configuration -p:ReadyToRun=false $engines
            New-ModulePackage
        }
        'Demo' {
            dotnet run --configuration $Configuration --verbosity minimal --project src/TorrentPatron.Cli -- demo
        }
    }
} finally {
    Pop-Location
}
