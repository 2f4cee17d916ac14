# Every cmdlet for running torrents selects them in the same ways.
BeforeDiscovery {
    $script:changing = @(
        @{ Command = 'Stop-Torrent' }
        @{ Command = 'Suspend-Torrent' }
        @{ Command = 'Resume-Torrent' }
        @{ Command = 'Remove-Torrent' }
        @{ Command = 'Set-Torrent'; More = @{ MinimumFreeSpace = 1MB } }
        @{ Command = 'Set-TorrentFile'; More = @{ Priority = 'High'; Exclude = 'none' } }
        @{ Command = 'Add-TorrentPeer'; More = @{ Peer = '127.0.0.1:1' } }
        @{ Command = 'Add-TorrentTracker'; More = @{ Uri = 'http://127.0.0.1:2/announce' } }
        @{ Command = 'Remove-TorrentTracker'; More = @{ Uri = 'http://127.0.0.1:1/announce' } }
        @{ Command = 'Update-TorrentTracker' }
    ) | ForEach-Object { @{ Command = $_.Command; More = $_.More ?? @{} } }
    $script:looking = @(
        @{ Command = 'Get-TorrentStatus'; Shown = 'Name' }
        @{ Command = 'Get-TorrentFile'; Shown = 'TorrentName' }
        @{ Command = 'Get-TorrentTracker'; Shown = 'TorrentName' }
        @{ Command = 'Wait-Torrent'; Shown = 'Name'; More = @{ Timeout = 30 } }
        @{ Command = 'Watch-Torrent'; Shown = 'Name' }
        @{ Command = 'Test-Torrent'; Shown = 'TorrentName'; More = @{ PassThru = $true } }
    ) | ForEach-Object { @{ Command = $_.Command; Shown = $_.Shown; More = $_.More ?? @{} } }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:patron = New-TestPatron -Name 'chooser' -StatePath (Join-Path $TestDrive 'state')
    foreach ($name in 'alpha.bin', 'beta.bin') {
        $made = New-TestContent -Folder $TestDrive -Name $name -Size 100KB
        $null = Start-Torrent $made.Torrent -Destination $TestDrive -Patron $patron -Tracker 'http://127.0.0.1:1/announce' -Timeout 120
    }
    $script:torrent = Get-TorrentStatus alpha.bin -Patron $patron

    function Invoke-EachWay {
        # By name, pattern, prefix of the info hash, property name and status; the output of each.
        param([string] $Command, [hashtable] $More)

        & $Command -Name alpha.bin @More
        & $Command -Name 'ALPHA*' -Patron chooser @More
        & $Command -InfoHash $torrent.InfoHash.Substring(0, 8) @More
        [pscustomobject]@{ InfoHash = $torrent.InfoHash } | & $Command @More
        $torrent | & $Command @More
        & $Command -InputObject $torrent @More
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Torrents are selected' {
    It 'by name, pattern, info hash, property name and status, and -WhatIf says which: <Command>' -ForEach $changing {
        $said = Get-WhatIfText { Invoke-EachWay $Command ($More + @{ WhatIf = $true; ErrorAction = 'Stop' }) }
        [regex]::Matches($said, "`"alpha\.bin \($($torrent.InfoHash)\)`"") | Should -HaveCount 6
        $said | Should -Not -BeLike '*beta*'
        (Get-TorrentStatus -Patron $patron).State | Should -Be Seeding, Seeding
    }

    It 'by name, pattern, info hash, property name and status: <Command>' -ForEach $looking {
        $found = @(Invoke-EachWay $Command ($More + @{ ErrorAction = 'Stop' }))
        $found.Count | Should -BeGreaterOrEqual 6
        $found.$Shown | Sort-Object -Unique | Should -Be 'alpha.bin'
    }

    It 'or reported one by one if they are unknown: <Command>' -ForEach ($changing + $looking) {
        $missing = @{ ErrorVariable = 'problem'; ErrorAction = 'SilentlyContinue' }
        if ((Get-Command $Command).Parameters.ContainsKey('WhatIf')) {
            $missing.WhatIf = $true
        }
        & $Command -Name missing, gone @More @missing | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId -replace ',.*' | Should -Be 'TorrentNotFound', 'TorrentNotFound'
        $problem.TargetObject | Should -Be 'missing', 'gone'
        & $Command -InfoHash ('0' * 40) @More @missing | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId -replace ',.*' | Should -Be 'TorrentNotFound'
        & $Command -Name 'no*' @More @missing | Should -BeNullOrEmpty
        $problem | Should -BeNullOrEmpty
    }
}
