BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent

    # A server that accepts connections and never answers.
    $script:silent = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $silent.Start()
    $script:nowhere = "http://127.0.0.1:$($silent.LocalEndpoint.Port)/x.torrent"

    # A file that takes long to hash: a sparse one would not.
    $script:large = Join-Path $TestDrive 'large.bin'
    $bytes = [byte[]]::new(16MB)
    [Random]::Shared.NextBytes($bytes)
    $file = [IO.File]::Create($large)
    1..96 | ForEach-Object { $file.Write($bytes) }
    $file.Dispose()
}

AfterAll {
    $silent.Stop()
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Ctrl-C' {
    It 'ends <Command> at once, and the torrent continues' -ForEach @(
        @{ Command = 'Start-Torrent $torrent -Destination $files -Patron $patron -Wait' }
        @{ Command = 'Start-Torrent $torrent -Destination $files -Patron $patron -StallTimeout 1h' }
        @{ Command = 'Start-Torrent -Uri $nowhere -Destination $files -Patron $patron' }
        @{ Command = 'Wait-Torrent' }
        @{ Command = 'Wait-Torrent -Until SeedGoal, Stopped -Any' }
        @{ Command = 'Watch-Torrent -Interval 1h' }
        @{ Command = 'Watch-Torrent -Live' }
        @{ Command = 'Receive-TorrentMessage $patron -Wait | Where-Object { $false }; Receive-TorrentMessage $patron -Wait' }
        @{ Command = 'Get-TorrentInfo -Uri $nowhere' }
        @{ Command = 'ConvertTo-MagnetLink -Uri $nowhere' }
        @{ Command = 'New-TorrentFile $large "$files.torrent"' }
        @{ Command = 'Start-Torrent $torrent -Destination $files -Patron $patron -AsJob | Receive-Job -Wait' }
    ) {
        $files = Join-Path $TestDrive ([guid]::NewGuid())
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript({
                    param($modulePath, $torrent, $files, $nowhere, $large, $command)
                    Import-Module $modulePath
                    $null = $nowhere, $large # which some of the commands use
                    $patron = New-TorrentPatron -Name 'inner' -BindAddress 127.0.0.1 -StatePath "$files-state"
                    $null = Start-Torrent $torrent -Destination $files -Patron $patron
                    'ready'
                    . ([scriptblock]::Create($command))
                    'ended by itself'
                }).AddParameters(@{
                    modulePath = Get-TestModulePath; torrent = $content.Torrent; files = $files; nowhere = $nowhere; large = $large; command = $Command
                })
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $running = $shell.BeginInvoke($output, $output)
            Wait-TestCondition { $output -contains 'ready' } | Should -BeTrue
            Start-Sleep -Milliseconds 200
            if ($Command -like 'New-TorrentFile*' -and $running.IsCompleted) {
                Set-ItResult -Skipped -Because 'this machine hashes faster than it can be stopped'
                return
            }
            $running.IsCompleted | Should -BeFalse

            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $output | Should -Not -Contain 'ended by itself'

            $shell.Commands.Clear()
            $shell.AddCommand('Get-TorrentStatus').Invoke().State | Should -Be Downloading
            "$files.torrent" | Should -Not -Exist
            @(Get-ChildItem $TestDrive -Filter *.tmp) | Should -BeNullOrEmpty
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}

Describe 'Ctrl-C, while the disk is busy,' {
    BeforeAll {
        $script:patron = New-TestPatron -Name 'worker' -StatePath (Join-Path $TestDrive 'worker-state')
        $script:elsewhere = Join-Path '/dev/shm' ([guid]::NewGuid())
        $null = New-TorrentFile $large "$large.torrent" -PieceLength 4MB
        $null = Start-Torrent "$large.torrent" -Destination $TestDrive -Patron $patron -Timeout 120
    }

    AfterAll {
        $patron | Stop-TorrentPatron
        if (Test-Path $elsewhere) {
            Remove-Item $elsewhere -Recurse
        }
    }

    It 'ends <Command> at once, and the work continues to its end' -ForEach @(
        @{ Command = 'Test-Torrent large.bin -Patron $patron'; State = 'Checking' }
        @{ Command = 'Set-Torrent large.bin -Destination $elsewhere -Patron $patron'; State = 'Moving' }
    ) {
        if ($State -eq 'Moving' -and -not ((Test-Path /dev/shm) -and [IO.DriveInfo]::new('/dev/shm').AvailableFreeSpace -gt 2GB)) {
            Set-ItResult -Skipped -Because 'there is no other volume, and on one volume files are renamed'
            return
        }
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript({
                    param($modulePath, $patron, $elsewhere, $command)
                    Import-Module $modulePath
                    $null = $patron, $elsewhere
                    . ([scriptblock]::Create($command))
                    'ended by itself'
                }).AddParameters(@{ modulePath = Get-TestModulePath; patron = $patron; elsewhere = $elsewhere; command = $Command })
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $running = $shell.BeginInvoke($output, $output)
            while ((Get-TorrentStatus large.bin -Patron $patron).State -ne $State -and -not $running.IsCompleted) {
                Start-Sleep -Milliseconds 1
            }
            if ($running.IsCompleted) {
                Set-ItResult -Skipped -Because 'this machine is faster than it can be stopped'
                return
            }

            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $output | Should -BeNullOrEmpty
            Wait-TestCondition { (Get-TorrentStatus large.bin -Patron $patron).State -eq 'Seeding' } | Should -BeTrue
            $expected = if ($State -eq 'Moving') { $elsewhere } else { "$TestDrive" }
            (Get-TorrentStatus large.bin -Patron $patron).Destination | Should -Be $expected
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
