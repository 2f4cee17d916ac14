# Engines other than the built-in one, if the module was built with them.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:hasMonoTorrent = Test-Path (Join-Path (Split-Path (Get-TestModulePath)) 'engines/MonoTorrent/TorrentPatron.MonoTorrent.dll')
    $script:hasLibtorrent = [bool] (Get-TestPython)
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent

    function New-EnginePatron {
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param([string] $Engine, [string] $Name)

        New-TorrentPatron -Name $Name -Engine $Engine -BindAddress 127.0.0.1 -StatePath (Join-Path $TestDrive "$Name-$Engine") -StatusInterval 0.2
    }
}

Describe 'MonoTorrent as the engine' -Skip:(-not $hasMonoTorrent) {
    BeforeEach {
        $script:files = Join-Path $TestDrive ([guid]::NewGuid())
    }

    AfterEach {
        Stop-TestProcess
        Get-TorrentPatron | Stop-TorrentPatron
    }

    It '<from> seeds and <to> downloads' -ForEach @(
        @{ From = 'TorrentPatron'; To = 'MonoTorrent' }
        @{ From = 'MonoTorrent'; To = 'TorrentPatron' }
        @{ From = 'MonoTorrent'; To = 'MonoTorrent' }
    ) {
        $seeder = New-EnginePatron $from 'seeder'
        $leecher = New-EnginePatron $to 'leecher'
        $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop

        $done = Start-Torrent $content.Torrent -Destination $files -Patron $leecher -Peer "127.0.0.1:$($seeder.Port)" -Timeout 120 -ErrorAction Stop

        $done.State | Should -Be Seeding
        Test-SameContent $done.Path $content.File | Should -BeTrue
        $leecher.Engine.Engine | Should -Be $to
        (Get-TorrentPatron seeder).EngineName | Should -Be $from
    }

    It 'reports that it ignores <Name>' -ForEach @(
        @{ Name = '-CodePoint'; Arguments = @{ CodePoint = 10 }; Expected = '*code point*' }
        @{ Name = '-Transport Utp'; Arguments = @{ Transport = 'Utp' }; Expected = '*uTP*' }
    ) {
        $patron = New-TorrentPatron -Name marked -Engine MonoTorrent -BindAddress 127.0.0.1 -StatePath "$files-state" @Arguments
        $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -WarningAction Ignore
        $patron.Engine.Warning.Id | Should -Be NotSupported
        $patron.Engine.Warning.Message | Should -BeLike $Expected
    }

    It 'downloads a torrent from libtorrent, and seeds it to libtorrent' -Skip:(-not $hasLibtorrent) {
        $patron = New-EnginePatron MonoTorrent 'middle'
        $address = "127.0.0.1:$(Get-TestPort)"
        $seed = Start-TestLibtorrent $content.Torrent $content.Folder $address
        Wait-TestOutput $seed seeding | Should -BeTrue
        $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $address -Timeout 120 -ErrorAction Stop
        Test-SameContent $done.Path $content.File | Should -BeTrue
        Stop-TestProcess

        $taken = (New-Item -ItemType Directory (Join-Path $TestDrive 'taken')).FullName
        $leech = Start-TestLibtorrent $content.Torrent $taken "127.0.0.1:$(Get-TestPort)" -Peer "127.0.0.1:$($patron.Port)"
        Wait-TestOutput $leech seeding | Should -BeTrue
        Test-SameContent (Join-Path $taken $content.Name) $content.File | Should -BeTrue
    }

    It 'downloads from a magnet link' {
        $seeder = New-EnginePatron TorrentPatron 'linked-seed'
        $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
        $patron = New-EnginePatron MonoTorrent 'linked'
        $link = Get-TorrentInfo $content.Torrent | ConvertTo-MagnetLink
        $done = Start-Torrent $link -Destination $files -Patron $patron -Peer "127.0.0.1:$($seeder.Port)" -Timeout 120 -ErrorAction Stop
        $done.IsComplete | Should -BeTrue
        Test-SameContent (Join-Path $files $content.Name) $content.File | Should -BeTrue
    }

    It 'reports a torrent that it cannot run, and runs the others' {
        $patron = New-EnginePatron MonoTorrent 'lacking'
        Start-Torrent $content.Torrent -Sequential -Destination $content.Folder -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue |
            Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'NotSupported,*'
        $started = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $patron -Timeout 120 -ErrorAction Stop
        $started.Name | Should -Be $content.Name
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty

        $started | Set-Torrent -Sequential -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'NotSupported,*'
        $started | Set-Torrent -SuperSeeding -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'NotSupported,*'
        ($started | Get-TorrentStatus).State | Should -Be Seeding
    }

    It 'moves, checks and removes a torrent as the built-in engine does' {
        $patron = New-EnginePatron MonoTorrent 'life'
        Copy-Item $content.File (New-Item -ItemType Directory $files)
        $started = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Timeout 120 -ErrorAction Stop
        $started | Test-Torrent | Should -BeTrue
        $elsewhere = Join-Path $files 'elsewhere'
        $started | Set-Torrent -Destination $elsewhere -ErrorAction Stop
        $moved = $started | Get-TorrentStatus
        $moved.Destination | Should -Be $elsewhere
        Test-SameContent $moved.Path $content.File | Should -BeTrue

        $moved | Remove-Torrent -Confirm:$false -ErrorAction Stop
        $moved.Path | Should -Exist
        Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
    }
}
