<#
.SYNOPSIS
    Builds, tests, packages and shows TorrentPatron: a thin front on dotnet.
.PARAMETER Task
    Build: everything, and an importable module in module/TorrentPatron.
    Test: all tests, those of Pester among them.
    Package: the module as artifacts/TorrentPatron-<version>.zip; and, where this machine can link it, patron compiled ahead of time as
    artifacts/patron-<version>-<system>.zip, which needs no .NET.
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

function New-PatronPackage {
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param()

    $version = (Import-PowerShellDataFile (Join-Path $PSScriptRoot 'TorrentPatron.psd1')).ModuleVersion
    $system = [Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    $package = Join-Path $artifacts "patron-$version-$system.zip"
    $folder = Join-Path $artifacts "patron-$system"
    if ($PSCmdlet.ShouldProcess($package, 'Compile patron ahead of time')) {
        # Its own intermediate files: those of a build are of another kind.
        $PSNativeCommandUseErrorActionPreference = $false
        dotnet publish src/TorrentPatron.Cli --configuration $Configuration -p:PublishAot=true -p:DebugType=none --use-current-runtime `
            --artifacts-path (Join-Path $artifacts 'ahead-of-time') --output $folder
        if ($LASTEXITCODE -ne 0) {
            Write-Warning 'patron was not compiled ahead of time: that needs clang or gcc (Windows: the C++ build tools of Visual Studio).'
            return
        }
        Get-ChildItem $folder -Exclude 'patron', 'patron.exe' | Remove-Item -Recurse
        if (Test-Path $package) {
            Remove-Item $package
        }
        [IO.Compression.ZipFile]::CreateFromDirectory($folder, $package, 'Optimal', $false)
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
            New-PatronPackage
        }
        'Demo' {
            dotnet run --configuration $Configuration --verbosity minimal --project src/TorrentPatron.Cli -- demo
        }
    }
} finally {
    Pop-Location
}
