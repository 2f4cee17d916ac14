# Does what it is told by lines, and answers each: 'add DESTINATION LIST-OF-TORRENTS', 'ready', 'status'.
param([Parameter(Mandatory)] [string] $Module, [int] $Port, [string] $Socket)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module $Module
$patron = if ($Socket) { Connect-TorrentPatron -Socket $Socket } else { New-TorrentPatron -Port $Port }
$clock = [Diagnostics.Stopwatch]::new()
while ($null -ne ($line = [Console]::In.ReadLine())) {
    $verb, $destination, $list = $line -split "`t"
    $clock.Restart()
    $count = switch ($verb) {
        'add' { @([IO.File]::ReadAllLines($list) | Start-Torrent -Destination $destination -Patron $patron).Count }
        'ready' { @(Wait-Torrent).Count }
        'status' { @(Get-TorrentStatus).Count }
    }
    [Console]::Out.WriteLine("$verb $count $($clock.Elapsed.TotalSeconds)")
}
Stop-TorrentPatron -InputObject $patron
