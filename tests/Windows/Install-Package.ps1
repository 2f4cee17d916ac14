<#
.SYNOPSIS
    Installs what `build.ps1 -Task Package` made, as people do, and uses it: from a folder that is a repository, and copied as README.md
    says. Writes 'failed ...' for what is not so. For Wine: it installs for the user that runs it.
#>
param([string] $Package, [string] $ResultFile)

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = 'PlainText'
$here = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid()))).FullName
Set-Location $here
$ProgressPreference = 'SilentlyContinue'
$user = ($env:PSModulePath -split ';' | Where-Object { $_ -like '*Documents\PowerShell\Modules' } | Select-Object -First 1)
if (-not $user) {
    $user = Join-Path ([Environment]::GetFolderPath('MyDocuments')) PowerShell\Modules
}
$results = [Collections.Generic.List[string]]::new()

# In a session of its own, which finds the module by its name.
$use = @'
$ErrorActionPreference = 'Stop'
$null = New-Item -ItemType Directory share
[IO.File]::WriteAllBytes("$PWD/share/data.bin", [byte[]]::new(300KB))
$torrent = New-TorrentFile share/data.bin data.torrent -Force
$seeder = New-TorrentPatron seeder -BindAddress 127.0.0.1 -StatePath seeder-state
$null = Start-Torrent data.torrent share -Patron $seeder -Wait -Timeout 60
$null = Start-Torrent data.torrent downloads -Peer "127.0.0.1:$($seeder.Port)" -Wait -Timeout 60
(Get-Module TorrentPatron).ModuleBase
(Get-FileHash downloads/data.bin).Hash -eq (Get-FileHash share/data.bin).Hash
(Get-Help Start-Torrent).Synopsis
Start-Job { (Get-Command Start-Torrent).Module.Name } | Receive-Job -Wait
'@

function Test-Installed {
    param([string] $How)

    $folder = (New-Item -ItemType Directory $How).FullName
    Set-Content "$folder/use.ps1" $use
    $env:TORRENTPATRON_STATE = "$folder/state"
    Push-Location $folder
    try {
        $told = @(& "$PSHOME/pwsh.exe" -NoProfile -NonInteractive -File use.ps1 2>&1 | ForEach-Object { "$_" })
    } finally {
        Pop-Location
    }
    "--- $How", $told
    $isGood = $told.Count -eq 4 -and $told[0] -like "$user\TorrentPatron*" -and $told[1] -eq 'True' -and $told[2] -like 'Starts torrents*' -and
        $told[3] -eq 'TorrentPatron'
    if (-not $isGood) {
        $results.Add("failed package, $How")
    }
}

try {
    $env:PSModulePath = "$user;$PSHOME\Modules"
    Expand-Archive $Package "$here/package"
    $null = New-Item -ItemType Directory "$here/feed"
    Register-PSResourceRepository -Name feed -Uri "$here/feed" -Trusted -Force
    Publish-PSResource -Path "$here/package/TorrentPatron" -Repository feed
    Get-ChildItem "$here/feed" | ForEach-Object Name
    Install-PSResource TorrentPatron -Repository feed -Scope CurrentUser
    Test-Installed 'from a repository'
    Uninstall-PSResource TorrentPatron -Scope CurrentUser
    if (Test-Path "$user\TorrentPatron\*") {
        $results.Add('failed package, uninstalled')
    }

    $null = New-Item -ItemType Directory -Force $user
    Copy-Item "$here/package/TorrentPatron" $user -Recurse -Force
    Test-Installed 'copied'
    Remove-Item "$user\TorrentPatron" -Recurse
} catch {
    $_ | Out-String
    $results.Add("failed package ($($_.FullyQualifiedErrorId))")
} finally {
    @('total 3 skipped 0') + $results | Set-Content $ResultFile
}
