<#
.SYNOPSIS
Writes module/TorrentPatron.Format.ps1xml: how the module's objects are shown.
.DESCRIPTION
The cells use only properties, operators, and methods of PowerShell's own types. So they show the same for live objects and for those
from Start-Job, remoting or Export-Clixml, in constrained language and in strict mode. Macros avoid repetition: #size($_.Length) is
replaced by the script that shows a size.
.EXAMPLE
./build/Views/Write-Views.ps1
#>
[CmdletBinding()]
[OutputType([void])]
param(
    # The file to write.
    [string] $Path = (Join-Path $PSScriptRoot '../../module/TorrentPatron.Format.ps1xml')
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The macros of cells; {value} is the text in their brackets. They show the same as HumanText and StateText in C#.
$macros = @{
    # A number of bytes with three significant digits.
    size     = '$v = [double]({value}); $u = 0; while ($v -ge 999.5 -and $u -lt 6) { $v /= 1024; $u++ }; ' +
    '$v.ToString($(if ($u -eq 0 -or $v -ge 99.95) { "0" } elseif ($v -ge 9.995) { "0.0" } else { "0.00" }), [cultureinfo]::InvariantCulture) + " " + ' +
    '("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")[$u]'

    # A duration in its two largest units, rounded up to a second; empty for $null.
    duration = '$d = {value}; if ($null -ne $d) { $s = [decimal]::Ceiling($(if ($d.TotalSeconds -gt 0) { $d.TotalSeconds } else { 0 })); ' +
    'if ($s -lt 60) { "{0}s" -f $s } ' +
    'elseif ($s -lt 3600) { "{0}m {1:00}s" -f [decimal]::Floor($s / 60), ($s % 60) } ' +
    'elseif ($s -lt 86400) { "{0}h {1:00}m" -f [decimal]::Floor($s / 3600), [decimal]::Floor($s / 60 % 60) } ' +
    'elseif ($s -lt 86400000) { "{0}d {1:00}h" -f [decimal]::Floor($s / 86400), [decimal]::Floor($s / 3600 % 24) } else { "> 999d" } }'

    # A percentage with one decimal, rounded down: only a complete share is shown as 100.0.
    percent  = '$p = 10 * {value}; (($p - $p % 1) / 10).ToString("0.0", [cultureinfo]::InvariantCulture)'

    ratio    = '([double]({value})).ToString("0.00", [cultureinfo]::InvariantCulture)'

    lines    = '{value} -join [Environment]::NewLine'

    # A torrent's state in colour, which a host without colours removes.
    state    = '$t = [string]{value}.State; if ($t -eq "FetchingMetadata") { $t = "Metadata" } ' +
    'elseif ($t -eq "Downloading" -and {value}.IsStalled) { $t = "Stalled" }; ' +
    '$c = switch ($t) { "Failed" { "31;1" } "Seeding" { "32" } "Downloading" { "36" } "Stalled" { "33" } "Checking" { "33" } ' +
    '"Moving" { "33" } "Metadata" { "33" } default { "90" } }; "`e[${c}m$t`e[0m"'
}

# A column or an item shows a property, by default the one with its label as name, or the result of a script.
function Column([string] $Label, [int] $Width, [string] $Property, [string] $Script, [switch] $Right) {
    @{ Label = $Label; Width = $Width; Property = $Property ? $Property : $Label; Script = $Script; Right = [bool]$Right }
}

function Item([string] $Label, [string] $Script, [string] $Property) {
    @{ Label = $Label; Property = $Property ? $Property : $Label; Script = $Script }
}

function View([string] $Name, [string] $Type, [object[]] $Columns, [object[]] $Items, [switch] $ByTorrent) {
    @{ Name = $Name; Type = $Type; Columns = $Columns; Items = $Items; ByTorrent = [bool]$ByTorrent }
}

$percent = Column '%' 5 -Right -Script '#percent($_.PercentComplete)'
# x: executable, h: hidden, l: a symbolic link.
$attributes = Column Attr 4 -Script '[string]$_.Attributes -replace "None|, " -replace "Executable", "x" -replace "Hidden", "h" -replace "SymbolicLink", "l"'
$down = Column 'Down/s' 8 -Right -Script 'if ($_.DownloadRate) { #size($_.DownloadRate) }'
$up = Column 'Up/s' 8 -Right -Script 'if ($_.UploadRate) { #size($_.UploadRate) }'

# The last column of a table takes the remaining width: 60 columns leave room for a name.
$views = @(
    View TorrentStatus TorrentPatron.Engine.Client.TorrentStatus @(
        Column State 11 -Script '#state($_)'
        $percent
        $down
        $up
        Column ETA 7 -Right -Script '#duration($_.EstimatedTimeLeft)'
        Column Peers 5 -Right -Property ConnectedPeers
        Column Name
    )
    View TorrentStatusList TorrentPatron.Engine.Client.TorrentStatus -Items @(
        Item Name
        Item State '#state($_)'
        Item Progress '"$(#percent($_.PercentComplete)) %, $(#size($_.CompletedSize)) of $(#size($_.WantedSize))"'
        Item IsComplete
        Item Down 'if ($_.DownloadRate) { "$(#size($_.DownloadRate))/s" }'
        Item Up 'if ($_.UploadRate) { "$(#size($_.UploadRate))/s" }'
        Item ETA '#duration($_.EstimatedTimeLeft)'
        Item Peers '"$($_.ConnectedPeers) connected, $($_.ConnectedSeeds) of them seeds, $($_.KnownPeers) known"'
        Item Ratio '#ratio($_.Ratio)'
        Item Received '"$(#size($_.BytesReceived))$(if ($_.BytesWasted) { ", $(#size($_.BytesWasted)) of it wasted" })$(if ($_.BytesReused) { "; $(#size($_.BytesReused)) reused from this machine" })"'
        Item Sent '#size($_.BytesSent)'
        Item Pieces '"$($_.VerifiedPieces) of $($_.PieceCount) verified, $($_.RecheckedPieces) rechecked, $($_.FailedPieces) failed"'
        Item Limits '$(if ($_.MaxDownloadRate) { "down $(#size($_.MaxDownloadRate))/s" }; if ($_.MaxUploadRate) { "up $(#size($_.MaxUploadRate))/s" }) -join ", "'
        Item SeedGoal '$(if ($null -ne $_.SeedRatio) { "ratio $(#ratio($_.SeedRatio))" }; if ($null -ne $_.SeedTime) { #duration($_.SeedTime) }) -join " or "'
        Item QueuePosition
        Item Tags '$_.Tags -join ", "'
        Item Path
        Item InfoHash
        Item OtherInfoHash
        Item Added -Property AddedAt
        Item Completed -Property CompletedAt
        Item Trackers '#lines($_.Trackers)'
        Item WebSeeds '#lines($_.WebSeeds)'
        Item Warnings '#lines($_.Warnings)'
        Item Error
    )
    View TorrentInfo TorrentPatron.PowerShell.Torrents.TorrentInfo -Items @(
        Item Name
        Item InfoHash
        Item Version
        Item TotalSize '"$(#size($_.TotalSize)) ($($_.TotalSize) bytes)"'
        Item Pieces '"$($_.PieceCount) of $(#size($_.PieceLength))"'
        Item Files '#lines($(if ($_.Files.Count -gt 10) { $_.Files[0..9]; "... $($_.Files.Count) in all" } else { $_.Files }))'
        Item Trackers '#lines($_.MaskedTrackers)'
        Item WebSeeds '#lines($_.WebSeeds)'
        Item IsPrivate
        Item Source
        Item Similar '#lines($_.Similar)'
        Item Collections '$_.Collections -join ", "'
        Item UpdateUrl
        Item Originator
        Item Comment
        Item CreatedBy
        Item CreationDate
    )
    View TorrentUpdate TorrentPatron.PowerShell.Torrents.TorrentUpdate -Items @(
        Item Name
        Item InfoHash
        Item UpdateUrl -Property MaskedUpdateUrl
        Item IsAvailable
        Item NewName
        Item NewInfoHash
        Item Signature
        Item Path
    )
    View TorrentInfoTable TorrentPatron.PowerShell.Torrents.TorrentInfo @(
        Column Size 8 -Right -Script '#size($_.TotalSize)'
        Column Files 6 -Right -Script '$_.Files.Count'
        Column Pieces 7 -Right -Property PieceCount
        Column Piece 8 -Right -Script '#size($_.PieceLength)'
        Column Name
    )
    View TorrentInfoFile TorrentPatron.PowerShell.Torrents.TorrentInfoFile @(
        Column Size 8 -Right -Script '#size($_.Length)'
        $attributes
        Column Path
    )
    View TorrentTracker TorrentPatron.PowerShell.Torrents.TorrentTracker -ByTorrent @(
        Column Status 12
        Column Tier 4 -Right
        Column Seeds 6 -Right -Property Seeders
        Column Leech 6 -Right -Property Leechers
        Column Next 7 -Right -Script 'if ($_.NextAnnounce) { #duration($_.NextAnnounce - [datetime]::Now) }'
        Column Uri -Property MaskedUri
    )
    View TorrentWebSeed TorrentPatron.PowerShell.Torrents.TorrentWebSeed -ByTorrent @(
        Column Status 12
        $down
        Column Received 8 -Right -Script 'if ($_.BytesReceived) { #size($_.BytesReceived) }'
        Column Next 7 -Right -Script 'if ($_.NextAttempt) { #duration($_.NextAttempt - [datetime]::Now) }'
        Column Uri -Property MaskedUri
    )
    View TorrentFile TorrentPatron.PowerShell.Torrents.TorrentFile -ByTorrent @(
        Column Size 8 -Right -Script '#size($_.Length)'
        $percent
        Column Priority 8
        $attributes
        Column '#' 5 -Right -Property Index
        Column Name
    )
    View TorrentPeer TorrentPatron.PowerShell.Torrents.TorrentPeer -ByTorrent @(
        Column Address 21 -Script '[string]$_.EndPoint'
        $percent
        $down
        $up
        Column Flags 8
        Column Client
    )
    View TorrentPeerConnection TorrentPatron.PowerShell.Torrents.TorrentPeer -ByTorrent @(
        Column Address 21 -Script '[string]$_.EndPoint'
        Column From 8 -Script 'if ($_.IsIncoming) { "Incoming" } else { $_.Source }'
        Column Via 4 -Property Transport
        Column Encryption 10
        Column Class 8
        Column Client
    )
    View ClosedTorrentPeer TorrentPatron.PowerShell.Torrents.ClosedTorrentPeer -ByTorrent @(
        Column When 8 -Script '$_.ClosedAt.ToLocalTime().ToString("HH:mm:ss", [cultureinfo]::InvariantCulture)'
        Column Address 21 -Script '[string]$_.EndPoint'
        Column By 7 -Property ClosedBy
        Column Reason
    )
    View TorrentCheck TorrentPatron.PowerShell.Torrents.TorrentCheck @(
        Column Complete 8 -Property IsComplete
        Column 'Bad pieces' 10 -Right -Script '$_.BadPieces.Count'
        Column 'Bad files' 9 -Right -Script '$_.BadFiles.Count'
        Column Name -Property TorrentName
    )
    View TorrentDataCheck TorrentPatron.PowerShell.Torrents.TorrentDataCheck @(
        Column Complete 8 -Property IsComplete
        Column 'Bad pieces' 10 -Right -Script '$_.BadPieces.Count'
        Column 'Bad files' 9 -Right -Script '$_.BadFiles.Count'
        Column Name -Property TorrentName
    )
    View TorrentDataFile TorrentPatron.PowerShell.Torrents.TorrentDataFile @(
        Column Size 8 -Right -Script '#size($_.Length)'
        $percent
        Column Renamed 7 -Property IsRenamed
        Column Name
    )
    View TorrentRemoval TorrentPatron.PowerShell.Torrents.TorrentRemoval @(
        Column Files 6 -Right -Property FilesDeleted
        Column Deleted 8 -Right -Script '#size($_.BytesDeleted)'
        Column InfoHash 8 -Script '$_.InfoHash.Substring(0, 8)'
        Column Name -Property TorrentName
    )
    View TorrentHook TorrentPatron.Service.Automation.TorrentHook @(
        Column On 18 -Script '$_.On -join ", "'
        Column Runs 4 -Right
        Column Failed 6 -Right -Property Failures
        Column Last 10 -Script 'if ($_.LastRun) { [string]$_.LastRun.Outcome }'
        Column Exit 4 -Right -Script 'if ($_.LastRun) { $_.LastRun.ExitCode }'
        Column Name
    )
    View TorrentHookList TorrentPatron.Service.Automation.TorrentHook -Items @(
        Item Name
        Item On '$_.On -join ", "'
        Item Script 'if ($_.ScriptPath) { $_.ScriptPath } else { "{$($_.ScriptBlock)}" }'
        Item Torrents '$_.Torrents -join ", "'
        Item Tags '$_.Tags -join ", "'
        Item Timeout '#duration($_.Timeout)'
        Item RegisteredAt
        Item IsSaved
        Item Runs '"$($_.Runs), $($_.Failures) of them failed, $($_.Skipped) events skipped"'
        Item LastRun
        Item LastStarted 'if ($_.LastRun) { $_.LastRun.StartedAt }'
        Item LastError 'if ($_.LastRun) { $_.LastRun.Error }'
        Item LastOutput 'if ($_.LastRun) { $_.LastRun.Output }'
    )
    View HookRun TorrentPatron.Service.Automation.HookRun @(
        Column When 8 -Script '$_.StartedAt.ToString("HH:mm:ss", [cultureinfo]::InvariantCulture)'
        Column Event 16
        Column Outcome 10
        Column Exit 4 -Right -Property ExitCode
        Column Torrent
    )
    View TorrentMessage TorrentPatron.Engine.Client.TorrentMessage @(
        Column Message 25 -Property Kind
        Column InfoHash 8 -Script 'if ($_.InfoHash) { $_.InfoHash.Substring(0, 8) }'
        Column Content -Property Text
    )
    View Patron TorrentPatron.Service.Patron @(
        Column Port 5 -Right
        Column Torrents 8 -Right -Script '$_.OwnStatuses.Count'
        Column 'Down/s' 8 -Right -Script 'if ($_.Engine -and $_.Engine.DownloadRate) { #size($_.Engine.DownloadRate) }'
        Column 'Up/s' 8 -Right -Script 'if ($_.Engine -and $_.Engine.UploadRate) { #size($_.Engine.UploadRate) }'
        Column Engine 13 -Property EngineName
        Column Name
    )
    View TorrentService TorrentPatron.PowerShell.Services.TorrentServiceInfo @(
        Column State 9
        Column Process 8 -Right -Property ProcessId
        Column Uptime 7 -Right -Script '#duration($_.Uptime)'
        Column Torrents 8 -Right
        Column 'Down/s' 8 -Right -Script 'if ($_.DownloadRate) { #size($_.DownloadRate) }'
        Column Socket
    )
    View TorrentServiceList TorrentPatron.PowerShell.Services.TorrentServiceInfo -Items @(
        Item State
        Item Scope
        Item Process 'if ($_.ProcessId) { "$($_.ProcessId) ($($_.Program), TorrentPatron $($_.Version))" }'
        Item Uptime '#duration($_.Uptime)'
        Item Torrents
        Item Down 'if ($_.DownloadRate) { "$(#size($_.DownloadRate))/s" }'
        Item Up 'if ($_.UploadRate) { "$(#size($_.UploadRate))/s" }'
        Item Clients
        Item Socket
        Item StatePath
        Item LogPath
        Item Unit
        Item InstalledUnit
    )
    View PatronList TorrentPatron.Service.Patron -Items @(
        Item Name
        Item Id
        Item IsStopped
        Item Torrents '#lines($_.OwnStatuses)'
        Item Engine -Property EngineName
        Item ListensOn 'if ($_.Engine) { $_.Engine.ListenEndPoints -join ", " }'
        Item OutsideAddress 'if ($_.Engine) { $_.Engine.OutsideAddress }'
        Item MappedPorts 'if ($_.Engine) { if ($_.Engine.PortMappings) { $_.Engine.PortMappings -join ", " } else { $_.Engine.PortMappingProblem } }'
        Item Incoming 'if ($_.Engine) { if ($_.Engine.HasIncoming) { "seen" } else { "none yet" } }'
        Item Peers 'if ($_.Engine) { $_.Engine.ConnectedPeers }'
        Item Dht 'if ($_.Engine) { $_.Engine.Dht }'
        Item Down 'if ($_.Engine -and $_.Engine.DownloadRate) { "$(#size($_.Engine.DownloadRate))/s" }'
        Item Up 'if ($_.Engine -and $_.Engine.UploadRate) { "$(#size($_.Engine.UploadRate))/s" }'
        Item MaxDownloadRate 'if ($_.MaxDownloadRate) { "$(#size($_.MaxDownloadRate))/s" } else { "no limit" }'
        Item MaxUploadRate 'if ($_.MaxUploadRate) { "$(#size($_.MaxUploadRate))/s" } else { "no limit" }'
        Item LimitLocalPeers -Property LimitLocalPeers
        Item PeerClasses '$_.PeerClasses -join "; "'
        Item MaxPeers -Property MaxPeers
        Item MaxPeersPerTorrent -Property MaxPeersPerTorrent
        Item MaxActiveDownloads 'if ($_.MaxActiveDownloads) { $_.MaxActiveDownloads } else { "no limit" }'
        Item MaxActiveSeeds 'if ($_.MaxActiveSeeds) { $_.MaxActiveSeeds } else { "no limit" }'
        Item PortMapping -Property PortMapping
        Item Warning 'if ($_.Engine) { $_.Engine.Warning }'
        Item StatePath
    )
)

function Expand([string] $Script) {
    # Inner brackets are counted, so that the argument of a macro may be any expression.
    [regex]::Replace($Script, '#(\w+)\(((?:[^()]|(?<open>\()|(?<-open>\)))*)(?(open)(?!))\)', {
            param($match)
            $macros[$match.Groups[1].Value].Replace('{value}', $match.Groups[2].Value)
        })
}

function Get-Element([string] $Name, [object[]] $Content) {
    [Xml.Linq.XElement]::new([Xml.Linq.XName]$Name, $Content)
}

function Get-CellElement([string] $Name, [hashtable] $Cell) {
    Get-Element $Name @(
        if ($Name -eq 'ListItem') { Get-Element Label $Cell.Label }
        if ($Cell.Script) { Get-Element ScriptBlock (Expand $Cell.Script) } else { Get-Element PropertyName $Cell.Property }
    )
}

function Get-ViewElement([hashtable] $View) {
    $control = if ($View.Columns) {
        Get-Element TableControl @(
            Get-Element TableHeaders @(
                foreach ($column in $View.Columns) {
                    Get-Element TableColumnHeader @(
                        Get-Element Label $column.Label
                        if ($column.Width) { Get-Element Width $column.Width }
                        if ($column.Right) { Get-Element Alignment Right }
                    )
                }
            )
            Get-Element TableRowEntries (Get-Element TableRowEntry (Get-Element TableColumnItems @(
                        foreach ($column in $View.Columns) { Get-CellElement TableColumnItem $column }
                    )))
        )
    } else {
        Get-Element ListControl (Get-Element ListEntries (Get-Element ListEntry (Get-Element ListItems @(
                        foreach ($item in $View.Items) { Get-CellElement ListItem $item }
                    ))))
    }
    Get-Element View @(
        Get-Element Name $View.Name
        Get-Element ViewSelectedBy (Get-Element TypeName $View.Type)
        if ($View.ByTorrent) { Get-Element GroupBy @((Get-Element PropertyName TorrentName), (Get-Element Label Torrent)) }
        $control
    )
}

$document = [Xml.Linq.XDocument]::new(
    [Xml.Linq.XComment]::new(' Written by build/Views/Write-Views.ps1: change that script instead. '),
    (Get-Element Configuration (Get-Element ViewDefinitions @($views | ForEach-Object { Get-ViewElement $_ }))))
[IO.File]::WriteAllText(
    $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path), "<?xml version=`"1.0`" encoding=`"utf-8`"?>`n$document`n".Replace("`r", ''))
