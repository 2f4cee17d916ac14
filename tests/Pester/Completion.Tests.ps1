BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:folder = Join-Path $TestDrive 'seed'
    $script:patron = New-TestPatron -Name 'the patron' -StatePath (Join-Path $TestDrive 'state')
    $script:one = New-TestContent -Folder $folder -Name 'plain.bin' -Size 20KB
    $script:two = New-TestContent -Folder $folder -Name "it's [odd].bin" -Size 20KB
    $script:running = Start-Torrent -LiteralPath $one.Torrent, $two.Torrent -Destination (Join-Path $TestDrive 'files') -Patron $patron -Suspended `
        -Tracker 'http://127.0.0.1:1/announce'

    function Get-Completion {
        param([string] $Line)

        (TabExpansion2 $Line -cursorColumn $Line.Length).CompletionMatches
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Completion' {
    It 'of a name escapes and quotes it so that the torrent is found' {
        $found = Get-Completion 'Get-TorrentStatus -Name '
        $found.ListItemText | Should -Be 'plain.bin', "it's [odd].bin"
        $found[0].CompletionText | Should -Be 'plain.bin'
        $found[1].CompletionText | Should -Be "'it''s ``[odd``].bin'"
        (& ([scriptblock]::Create("Get-TorrentStatus $($found[1].CompletionText)"))).Name | Should -Be "it's [odd].bin"
        $found[0].ToolTip | Should -BeLike 'plain.bin: Suspended*'
    }

    It 'matches the beginning of a name, in either case, quoted or not, by position too' {
        (Get-Completion 'Suspend-Torrent PL').CompletionText | Should -Be 'plain.bin'
        (Get-Completion "Stop-Torrent 'it").ListItemText | Should -Be "it's [odd].bin"
        Get-Completion 'Stop-Torrent -Name nothing' | Should -BeNullOrEmpty
    }

    It 'of an info hash gives those of running torrents' {
        (Get-Completion 'Wait-Torrent -InfoHash ').CompletionText | Should -Be $running.InfoHash
        (Get-Completion "Wait-Torrent -InfoHash $($running[1].InfoHash.Substring(0, 10))").CompletionText | Should -Be $running[1].InfoHash
    }

    It 'of a patron gives names that the cmdlets accept' {
        (Get-Completion 'Get-TorrentPatron the').CompletionText | Should -Be "'the patron'"
        (Get-Completion 'Start-Torrent -Patron ').CompletionText | Where-Object { $_ -ne 'default' } | Should -Be "'the patron'"
        (Get-TorrentStatus -Patron 'the patron').Count | Should -Be 2
        { Get-TorrentStatus -Patron 'nobody' } | Should -Throw -ExpectedMessage '*nobody*'
    }

    It 'of a tracker gives those of the named torrent' {
        (Get-Completion 'Get-TorrentTracker plain* ').CompletionText | Should -Be 'http://127.0.0.1:1/announce'
        Get-Completion 'Get-TorrentTracker nothing ' | Should -BeNullOrEmpty
    }
}
