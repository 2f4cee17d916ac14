<#
.SYNOPSIS
    Runs a short PowerShell session with the staged module on 127.0.0.1 and writes its output as docs/images/session.svg.
.DESCRIPTION
    Build src/TorrentPatron.PowerShell first. The session downloads a file from a seeder in the same process; nothing leaves the machine.
#>
[CmdletBinding()]
param([string] $Path = (Join-Path $PSScriptRoot '../../docs/images/session.svg'))

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$Path = [IO.Path]::GetFullPath($Path, $PWD.Path)
$module = Join-Path $PSScriptRoot '../../module/TorrentPatron'
$width = 100

# What each command prints, with the colors that a terminal shows.
$session = [ordered]@{
    "Start-Torrent ./debian.torrent ./downloads -Peer `$seeder -MaxDownloadRate 2MB" = { Start-Torrent ./debian.torrent ./downloads -Peer $seeder -MaxDownloadRate 2MB }
    'Get-TorrentPeer'                                                              = { Start-Sleep 3; Get-TorrentPeer }
    'Get-TorrentStatus'                                                            = { Get-TorrentStatus }
    "Set-Torrent 'debian*' -MaxDownloadRate 0"                                     = { Set-Torrent 'debian*' -MaxDownloadRate 0 }
    "Wait-Torrent 'debian*'"                                                       = { Wait-Torrent 'debian*' -Timeout 60 }
    "Test-Torrent 'debian*'"                                                       = { Test-Torrent 'debian*' }
}

# Turns ANSI colors into SVG.
function ConvertTo-Span {
    param([string] $Line)

    $colors = @{ 30 = '#484f58'; 31 = '#ff7b72'; 32 = '#7ee787'; 33 = '#e3b341'; 34 = '#79c0ff'; 35 = '#d2a8ff'; 36 = '#56d4dd'; 37 = '#c9d1d9' }
    $color = $null
    $bold = $false
    foreach ($part in [regex]::Split($Line, "(\e\[[\d;]*m)")) {
        if ($part -match '^\e\[([\d;]*)m$') {
            foreach ($code in $Matches[1] -split ';') {
                switch ([int] "0$code") {
                    0 { $color = $null; $bold = $false }
                    1 { $bold = $true }
                    { $_ -in 30..37 } { $color = $colors[$_] }
                    { $_ -in 90..97 } { $color = $colors[$_ - 60] }
                }
            }
        } elseif ($part) {
            $style = ''
            if ($color) {
                $style += " fill='$color'"
            }
            if ($bold) {
                $style += " font-weight='bold'"
            }
            $text = [Security.SecurityElement]::Escape($part)
            $style ? "<tspan$style>$text</tspan>" : $text
        }
    }
}

$folder = [IO.Directory]::CreateTempSubdirectory('session-').FullName
$saved = @{}
$other = $null
foreach ($name in 'TORRENTPATRON_DISCOVERY', 'TORRENTPATRON_STATE') {
    $saved[$name] = [Environment]::GetEnvironmentVariable($name)
}
$rendering = $PSStyle.OutputRendering
Push-Location $folder
try {
    $env:TORRENTPATRON_DISCOVERY = 'off'
    $env:TORRENTPATRON_STATE = "$folder/state"
    $PSStyle.OutputRendering = 'Ansi'
    Import-Module $module
    $null = New-Item -ItemType Directory share
    [IO.File]::WriteAllBytes("$folder/share/debian.iso", [Random]::new(1).GetItems([byte[]](0..255), 32MB))
    $null = New-TorrentFile ./share/debian.iso ./debian.torrent

    # The seeder has a runspace of its own, so that the session's own commands do not show its torrent.
    $other = [powershell]::Create()
    $port = $other.AddScript({
        param($module, $folder)
        Import-Module $module
        $patron = New-TorrentPatron seeder -BindAddress 127.0.0.1 -StatePath "$folder/seeder-state"
        $null = Start-Torrent "$folder/debian.torrent" "$folder/share" -Patron $patron -Wait -Timeout 60
        $patron.Port
    }).AddArgument($module).AddArgument($folder).Invoke()
    $seeder = "127.0.0.1:$port"

    $lines = foreach ($command in $session.GetEnumerator()) {
        "`e[32mPS>`e[0m `e[1m$($command.Key)`e[0m"
        $output = & $command.Value | Out-String -Width $width
        ($output.Trim("`r", "`n").Length -gt 0) ? ($output.TrimEnd() -split '\r?\n' | Where-Object { $_.Trim() }) : @()
        ''
    }
} finally {
    Get-TorrentPatron | Stop-TorrentPatron
    if ($other) {
        $other.Runspace.Dispose()
    }
    Pop-Location
    $PSStyle.OutputRendering = $rendering
    foreach ($name in $saved.Keys) {
        [Environment]::SetEnvironmentVariable($name, $saved[$name])
    }
    Remove-Item $folder -Recurse -Force
}

$lines = @($lines)[0..(@($lines).Count - 2)]
$height = 20 * $lines.Count + 30
$rows = for ($row = 0; $row -lt $lines.Count; $row++) {
    "<text x=`"16`" y=`"$(30 + 20 * $row)`">$(-join (ConvertTo-Span $lines[$row].Replace($folder, '~')))</text>"
}
$null = New-Item -ItemType Directory -Force (Split-Path $Path)
Set-Content -LiteralPath $Path -NoNewline -Value (@"
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $(8.5 * $width + 32) $height" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#c9d1d9" xml:space="preserve" style="white-space: pre">
<title>A PowerShell session that downloads and checks a torrent</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
$($rows -join "`n")
</svg>

"@)
