BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent
    $script:place = New-ShortFolder
    $script:socket = New-TestSocket $place
    $script:root = Join-Path $place 'root'
    $null = New-Item -ItemType Directory $root
    $null = Start-TestShellService -StatePath "$place/state" -Socket $socket -Parameters "-Scope Machine -Root '$root'"
}

AfterAll {
    Disconnect-TorrentPatron
    Stop-TestProcess
    Remove-Item $place -Recurse -Force
}

Describe 'The machine''s service' -Skip:$IsWindows {
    It 'shows its scope, and restricts torrents to its root' {
        $patron = Connect-TorrentPatron -Socket $socket
        $patron.IsRemote | Should -BeTrue
        $patron.Scope | Should -Be Machine
        { Start-Torrent $content.Torrent -Destination $TestDrive -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationNotAllowed,*'
        { Start-Torrent $content.Torrent -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationNotAllowed,*'
        $null = New-Item -ItemType SymbolicLink (Join-Path $root 'link') -Value $TestDrive
        { Start-Torrent $content.Torrent -Destination (Join-Path $root 'link' 'x') -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationNotAllowed,*'

        $null = Start-Torrent $content.Torrent -Destination (Join-Path $root 'files') -Suspended
        { Get-TorrentStatus | Set-Torrent -Destination $TestDrive -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationNotAllowed,*'
        (Get-TorrentStatus).Destination | Should -Be (Join-Path $root 'files')
    }

    It 'needs a root, and an existing group' {
        { Start-TorrentService -Foreground -Scope Machine -Socket "$place/other/s" -StatePath "$place/other-state" } |
            Should -Throw -ErrorId 'InvalidArgument,*'
        { Start-TorrentService -Foreground -Scope Machine -Root $root -Group 'no-such-group-here' -Socket "$place/other/s" -StatePath "$place/other-state" } |
            Should -Throw -ErrorId 'InvalidArgument,*'
        { Start-TorrentService -Foreground -Group 'root' -Socket "$place/other/s" -StatePath "$place/other-state" } |
            Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'completes names of groups and scopes' {
        foreach ($parameter in 'Group', 'ReadersGroup') {
            (TabExpansion2 "Start-TorrentService -$parameter roo").CompletionMatches.CompletionText | Should -Contain 'root'
        }
        (TabExpansion2 'Connect-TorrentPatron -Scope Mach').CompletionMatches.CompletionText | Should -Be 'Machine'
    }

    It 'is not found at the address of the user''s own' {
        $before = $env:TORRENTPATRON_STATE
        try {
            $env:TORRENTPATRON_STATE = Join-Path $place 'nothing'
            { Connect-TorrentPatron -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'
            { Connect-TorrentPatron -Scope User -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'
            (Connect-TorrentPatron -Scope Machine -Socket $socket).Scope | Should -Be Machine
        }
        finally {
            $env:TORRENTPATRON_STATE = $before
        }
    }
}
