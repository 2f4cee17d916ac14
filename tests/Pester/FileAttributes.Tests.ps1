BeforeDiscovery {
    # The tests need links and executables, which Windows does not allow for everybody.
    $script:skip = [bool] $IsWindows
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'Attributes of files' -Skip:$skip {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:program = Join-Path $here 'program'
        $null = New-Item -ItemType Directory (Join-Path $program 'lib')
        [System.IO.File]::WriteAllBytes((Join-Path $program 'run.sh'), [byte[]]::new(40000))
        [System.IO.File]::WriteAllBytes((Join-Path $program 'lib/a.so.1'), [byte[]] (1..100))
        chmod +x (Join-Path $program 'run.sh')
        (Get-Item (Join-Path $program 'run.sh')).LastWriteTimeUtc = [datetime]::new(2020, 1, 2, 3, 4, 5, [System.DateTimeKind]::Utc)
        $null = New-Item -ItemType SymbolicLink (Join-Path $program 'lib/a.so') -Target 'a.so.1'
        $null = New-Item -ItemType SymbolicLink (Join-Path $program 'start') -Target 'run.sh'
        $script:torrent = Join-Path $here 'program.torrent'
    }

    It 'are written to the .torrent' {
        $files = (New-TorrentFile $program $torrent -KeepLink -KeepLastWriteTime | Get-TorrentInfo).Files

        $run = $files | Where-Object Path -eq 'program/run.sh'
        $run.Attributes | Should -Be 'Executable'
        $run.LastWriteTime.ToUniversalTime() | Should -Be ([datetime]::new(2020, 1, 2, 3, 4, 5, [System.DateTimeKind]::Utc))
        ($files | Where-Object Path -eq 'program/lib/a.so').LinkTarget | Should -Be 'program/lib/a.so.1'
        ($files | Out-String -Width 80) | Should -Match 'l +program/start'
    }

    It 'are omitted, and links followed, if asked for' {
        $files = (New-TorrentFile $program $torrent -NoAttribute | Get-TorrentInfo).Files

        $files.Attributes | Should -Be @('None', 'None', 'None', 'None')
        ($files | Where-Object Path -eq 'program/start').Length | Should -Be 40000
    }

    It 'are an error if a link leads out of the folder' {
        $null = New-Item -ItemType SymbolicLink (Join-Path $program 'out') -Target '/etc/passwd'
        New-TorrentFile $program $torrent -KeepLink -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'SourceNotReadable,*'
        $failure[0].Exception.Message | Should -Match "'.*out' leads out of the folder"
        Test-Path $torrent | Should -BeFalse
    }

    It 'are set on disk after a download, and shown: <_>' -ForEach 'V1', 'V2', 'Hybrid' {
        $null = New-TorrentFile $program $torrent -Version $_ -KeepLink -KeepLastWriteTime
        $seeder = New-TorrentPatron "seeder-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'seeder')
        $other = New-TorrentPatron "other-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'other')
        try {
            $null = Start-Torrent $torrent $here -Patron $seeder -Wait -Timeout 120
            $there = Join-Path $here 'there'
            $done = Start-Torrent $torrent $there -Patron $other -Peer "127.0.0.1:$($seeder.Port)" -Wait -Timeout 120

            $done.Warnings | Should -BeNullOrEmpty
            $run = Get-Item (Join-Path $there 'program/run.sh')
            $run.UnixMode | Should -Match '^-..x'
            $run.LastWriteTimeUtc | Should -Be ([datetime]::new(2020, 1, 2, 3, 4, 5, [System.DateTimeKind]::Utc))
            (Get-Item (Join-Path $there 'program/start')).LinkTarget | Should -Be 'run.sh'
            (Get-Item (Join-Path $there 'program/lib/a.so')).LinkTarget | Should -Be 'a.so.1'
            $files = Get-TorrentFile -Patron $other
            ($files | Where-Object Name -eq 'program/start').LinkTarget | Should -Be 'program/run.sh'
            ($files | Out-String -Width 80) | Should -Match '100.0 +Normal +x +\d+ program/run.sh'
            $files.Count | Should -Be 4

            $null = Remove-Torrent -DeleteData -Patron $other -InfoHash $done.InfoHash -Confirm:$false
            Get-ChildItem $there -Recurse -Force | Should -BeNullOrEmpty
        } finally {
            $seeder, $other | Stop-TorrentPatron
        }
    }

    It 'are a warning if something else is in place of a link' {
        $null = New-TorrentFile $program $torrent -KeepLink
        $there = Join-Path $here 'there'
        Copy-Item $program $there -Recurse
        Remove-Item (Join-Path $there 'start')
        Set-Content (Join-Path $there 'start') 'mine'
        $patron = New-TorrentPatron 'warned' -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'state')
        $folder = New-Item -ItemType Directory (Join-Path $here 'in')
        Move-Item $there (Join-Path $folder 'program')
        try {
            $done = Start-Torrent $torrent $folder -Patron $patron -Wait -Timeout 120
            $done.Warnings.Id | Should -Contain 'AttributeNotSet'
            Get-Content (Join-Path $folder 'program/start') | Should -Be 'mine'
        } finally {
            $patron | Stop-TorrentPatron
        }
    }
}
