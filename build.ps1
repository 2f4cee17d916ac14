<#
.SYNOPSIS
    Builds, tests, packages and shows TorrentPatron: a thin front on dotnet.
.PARAMETER Task
    Build: everything, and an importable module in module/TorrentPatron.
    Test: all tests, those of Pester among them.
    Package: the module for every system as artifacts/TorrentPatron-<version>.zip, and compiled for this machine's system as
    artifacts/TorrentPatron-<version>-<system>.zip, which starts faster; and, where this machine can link it, patron compiled ahead of
    time as artifacts/patron-<version>-<system>.zip, which needs no .NET.
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
$thisSystem = [Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
$engines = if ($WithMonoTorrent) { '-p:WithMonoTorrent=true' } else { '-p:WithMonoTorrent=false' }

function New-ModulePackage {
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param([string] $System)

    $version = (Import-PowerShellDataFile (Join-Path $PSScriptRoot 'TorrentPatron.psd1')).ModuleVersion
    $package = Join-Path $artifacts "TorrentPatron-$version$(if ($System) { "-$System" }).zip"
    if ($PSCmdlet.ShouldProcess($package, 'Package the module')) {
        $null = New-Item -ItemType Directory -Path $artifacts -Force
        foreach ($old in $module, $package) {
            if (Test-Path $old) {
                Remove-Item $old -Recurse
            }
        }
        # One that is compiled for a system is refused by every other.
        dotnet build src/TorrentPatron.PowerShell --configuration $Configuration "-p:ReadyToRun=$([bool] $System)" $engines
        if ($System -and -not (Test-Compiled (Join-Path $module 'TorrentPatron.Engine.dll'))) {
            Write-Warning "The module was not compiled for ${System}: the compiler cannot be restored here."
            return
        }
        # .NET's own: not every installation of PowerShell brings Compress-Archive.
        [IO.Compression.ZipFile]::CreateFromDirectory($module, $package, 'Optimal', $true)
        Get-Item $package
    }
}

# Whether a DLL has machine code beside its IL.
function Test-Compiled {
    [OutputType([bool])]
    param([string] $Path)

    $reader = [Reflection.PortableExecutable.PEReader]::new([IO.File]::OpenRead($Path))
    try {
        $reader.PEHeaders.CorHeader.ManagedNativeHeaderDirectory.Size -gt 0
    } finally {
        $reader.Dispose()
    }
}

function New-PatronPackage {
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([System.IO.FileInfo])]
    param()

    $version = (Import-PowerShellDataFile (Join-Path $PSScriptRoot 'TorrentPatron.psd1')).ModuleVersion
    $package = Join-Path $artifacts "patron-$version-$thisSystem.zip"
    $folder = Join-Path $artifacts "patron-$thisSystem"
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
            New-ModulePackage
            New-ModulePackage -System $thisSystem
            New-PatronPackage
        }
        'Demo' {
            dotnet run --configuration $Configuration --verbosity minimal --project src/TorrentPatron.Cli -- demo
        }
    }
} finally {
    Pop-Location
}
