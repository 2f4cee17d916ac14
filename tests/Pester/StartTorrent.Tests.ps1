BeforeDiscovery {
    # A full disk is a small tmpfs, which only root can mount, and not everywhere.
    $canMount = $false
    if ($IsLinux -and (id -u) -eq '0') {
        $folder = Join-Path ([IO.Path]::GetTempPath()) "torrentpatron-$([guid]::NewGuid())"
        $null = New-Item -ItemType Directory -Path $folder
        mount -t tmpfs -o size=1m tmpfs $folder 2>$null
        $canMount = $LASTEXITCODE -eq 0
        if ($canMount) {
            umount $folder
        }
        Remove-Item $folder
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    Set-TestState (Join-Path $TestDrive 'state')
    $script:content = New-TestContent
    $script:peer = Start-TestSeed $content
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
    Restore-TestState
}

Describe 'Start-Torrent' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:statePath = Join-Path $here 'state'
        $script:files = Join-Path $here 'files'
        $script:patron = New-TestPatron -Name 'leecher' -StatePath $statePath
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    Context 'A download' {
        It 'arrives byte for byte and is returned complete' {
            $status = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron -Wait -Timeout 120

            $status | Should -BeOfType TorrentPatron.Engine.Client.TorrentStatus
            $status.IsComplete | Should -BeTrue
            $status.State | Should -Be Seeding
            $status.Path | Should -Be (Join-Path $files 'data.bin')
            Test-SameContent $status.Path $content.File | Should -BeTrue
        }

        It 'without -Wait returns the torrent at once' {
            $status = Start-Torrent $content.Torrent -Destination $files -Patron $patron

            $status.Name | Should -Be 'data.bin'
            $status.State | Should -BeIn Checking, Downloading
            $status.IsComplete | Should -BeFalse
        }

        It 'goes to the current location by default' {
            $null = New-Item -ItemType Directory -Path $files
            Push-Location $files
            try {
                $status = Start-Torrent $content.Torrent -Patron $patron -Suspended
            } finally {
                Pop-Location
            }

            $status.Destination | Should -Be $files
        }

        It 'of a folder keeps its files, including an empty one and a name with accents' {
            $folder = Join-Path $here "src/B`u{FC}cher"
            $null = New-Item -ItemType Directory -Path (Join-Path $folder 'b')
            [IO.File]::WriteAllBytes((Join-Path $folder 'a.bin'), [byte[]]::new(100KB))
            [IO.File]::WriteAllText((Join-Path $folder "b/`u{FC}n`u{EF}.txt"), 'hello')
            $null = New-Item -ItemType File -Path (Join-Path $folder 'empty')
            $torrent = New-TorrentFile $folder -Destination (Join-Path $here 'books.torrent')
            $other = New-TestPatron -Name 'other' -StatePath (Join-Path $here 'other')
            $null = Start-Torrent $torrent -Destination (Join-Path $here 'src') -Patron $other -Timeout 120

            $status = $torrent | Start-Torrent -Destination $files -Patron $patron -Peer "127.0.0.1:$($other.Port)" -Timeout 120

            $other | Stop-TorrentPatron
            $status.IsComplete | Should -BeTrue
            (Get-ChildItem $files -Recurse -File).Name | Sort-Object | Should -Be 'a.bin', 'empty', "`u{FC}n`u{EF}.txt"
            [IO.File]::ReadAllText((Join-Path $files "B`u{FC}cher/b/`u{FC}n`u{EF}.txt")) | Should -Be 'hello'
        }

        It 'respects -MaxDownloadRate' {
            $status = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 64KB -Timeout 1.5 -ErrorAction SilentlyContinue -ErrorVariable problem

            $status | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'TimeoutReached,*'
            (Get-TorrentStatus -Patron $patron).IsComplete | Should -BeFalse
        }

        It 'that is complete on disk is complete at once, and with -Recheck is hashed' {
            $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron -Wait -Timeout 120
            $closed = Get-TorrentStatus -Patron $patron | Stop-Torrent -PassThru
            $again = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Wait -Timeout 120
            Get-TorrentStatus -Patron $patron | Stop-Torrent
            $checked = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Recheck -Wait -Timeout 120

            $closed.State | Should -Be Stopped
            $again.IsComplete | Should -BeTrue
            $again.RecheckedPieces | Should -Be 0
            $checked.IsComplete | Should -BeTrue
            $checked.RecheckedPieces | Should -Be $checked.PieceCount
        }

        It 'repairs a flipped byte on the disk when it is rechecked' {
            $done = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron -Wait -Timeout 120
            Stop-Torrent -InputObject $done
            $stream = [IO.File]::Open($done.Path, 'Open', 'ReadWrite')
            $stream.Position = 1MB
            $byte = $stream.ReadByte()
            $stream.Position = 1MB
            $stream.WriteByte($byte -bxor 1)
            $stream.Dispose()

            $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron -Recheck -Wait -Timeout 120

            Test-SameContent $done.Path $content.File | Should -BeTrue
        }
    }

    Context 'The source' {
        It 'may be a path by value, a file by property name, bytes, or several at once' {
            $second = New-TestContent -Folder (Join-Path $here 'more') -Name 'second [1].bin' -Size 100KB
            $bytes = [IO.File]::ReadAllBytes($content.Torrent)

            ($content.Torrent | Start-Torrent -Destination $files -Patron $patron -Suspended).Name | Should -Be 'data.bin'
            (Get-Item -LiteralPath $second.Torrent | Start-Torrent -Destination $files -Patron $patron -Suspended).Name | Should -Be $second.Name
            ([pscustomobject]@{ Content = $bytes } | Start-Torrent -Destination $files -Patron $patron).Name | Should -Be 'data.bin'
            (Start-Torrent -Content $bytes -Destination $files -Patron $patron).Name | Should -Be 'data.bin'
            (Get-TorrentStatus -Patron $patron).Count | Should -Be 2
        }

        It 'may be a pattern' {
            (Start-Torrent (Join-Path $content.Folder '*.torrent') -Destination $files -Patron $patron -Suspended).Name | Should -Be 'data.bin'
        }

        It '<Case> gives <Id>' -ForEach @(
            @{ Case = 'a missing file'; Id = 'SourceNotReadable'; Make = { Join-Path $here 'missing.torrent' } }
            @{ Case = 'a pattern that matches nothing'; Id = 'SourceNotReadable'; Make = { Join-Path $here '*.torrent' } }
            @{ Case = 'a folder'; Id = 'SourceNotReadable'; Make = { $TestDrive } }
            @{ Case = 'a path that is not a file'; Id = 'UnsupportedSource'; Make = { 'Env:PATH' } }
            @{ Case = 'an incomplete magnet link'; Id = 'InvalidTorrent'; Make = { 'magnet:?xt=urn:btih:01234567890' } }
            @{ Case = 'an ftp address'; Id = 'UnsupportedSource'; Make = { 'ftp://127.0.0.1/x.torrent' } }
            @{ Case = 'an unreachable address'; Id = 'SourceNotReadable'; Make = { 'http://127.0.0.1:1/x.torrent' } }
            @{ Case = 'a file that is not a torrent'; Id = 'InvalidTorrent'; Make = { $content.File } }
            @{
                Case = 'a torrent that was cut off'
                Id   = 'InvalidTorrent'
                Make = {
                    $null = New-Item -ItemType Directory -Path $here -Force
                    $cut = Join-Path $here 'cut.torrent'
                    [IO.File]::WriteAllBytes($cut, [IO.File]::ReadAllBytes($content.Torrent)[0..200])
                    $cut
                }
            }
        ) {
            $source = & $Make
            $result = Start-Torrent $source -Destination $files -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue

            $result | Should -BeNullOrEmpty
            $problem | Should -HaveCount 1
            $problem[0].FullyQualifiedErrorId | Should -Be "$Id,TorrentPatron.PowerShell.Commands.StartTorrentCommand"
            $problem[0].TargetObject | Should -Be $source
            $problem[0].CategoryInfo.Category | Should -Not -Be NotSpecified
            $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            Test-Path $files | Should -BeFalse
            Test-Path $statePath | Should -BeFalse
        }

        It 'of many are started in parallel, and written in order, with errors in their place: <How>' -ForEach @(
            @{ How = 'by the pipeline'; Start = { $_ | Start-Torrent -Destination $files -Patron $patron -Suspended -ErrorAction Continue 2>&1 } }
            @{ How = 'as an array'; Start = { Start-Torrent $_ -Destination $files -Patron $patron -Suspended -ErrorAction Continue 2>&1 } }
        ) {
            $many = Join-Path $TestDrive ([guid]::NewGuid())
            $null = New-Item -ItemType Directory -Path $many
            $torrents = foreach ($number in 10..69) {
                [IO.File]::WriteAllText("$many/file$number.txt", "content $number")
                (New-TorrentFile "$many/file$number.txt" -Destination $many).FullName
            }
            $null = New-Item -Path "$many/none.torrent" -Value 'no torrent'
            $given = @($torrents[0..39]) + "$many/none.torrent" + "$many/missing.torrent" + @($torrents[40..59])
            $found = , $given | ForEach-Object $Start

            $found.ForEach({ if ($_ -is [Management.Automation.ErrorRecord]) { $_.FullyQualifiedErrorId -replace ',.*' } else { $_.Name } }) |
                Should -Be (@(10..49 | ForEach-Object { "file$_.txt" }) + 'InvalidTorrent' + 'SourceNotReadable' + @(50..69 | ForEach-Object { "file$_.txt" }))
            (Get-TorrentStatus -Patron $patron).Count | Should -Be 60
        }

        It 'that is bad does not keep the others from starting' {
            $result = (Join-Path $here 'no.torrent'), $content.Torrent |
                Start-Torrent -Destination $files -Patron $patron -Suspended -ErrorVariable problem -ErrorAction SilentlyContinue

            $result.Name | Should -Be 'data.bin'
            $problem | Should -HaveCount 1
        }
    }

    Context 'A running torrent' {
        It 'is returned, without an error, when it is started again' {
            $first = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $again = Start-Torrent $content.Torrent -Destination $files -Patron $patron -ErrorVariable problem

            $problem | Should -BeNullOrEmpty
            $again.InfoHash | Should -Be $first.InfoHash
            @(Get-TorrentStatus -Patron $patron) | Should -HaveCount 1
        }

        It 'is joined by another patron of the same service, and keeps its owner' {
            $one = New-TorrentPatron -Name 'one'
            $two = New-TorrentPatron -Name 'two'
            $first = Start-Torrent $content.Torrent -Destination $files -Patron $one -Suspended
            $again = Start-Torrent $content.Torrent -Destination $files -Patron $two -Suspended -ErrorVariable problem

            $problem | Should -BeNullOrEmpty
            $again.InfoHash | Should -Be $first.InfoHash
            $one.OwnStatuses | Should -HaveCount 1
            $two.OwnStatuses | Should -HaveCount 0
            # With a service it would continue, and disturb later tests.
            Stop-Torrent $first.Name -Patron $one
            $one, $two | Stop-TorrentPatron
        }
    }

    Context 'The destination' {
        It 'that cannot be created gives DestinationNotWritable and leaves nothing behind' {
            $blocked = Join-Path $content.File 'below-a-file'
            $result = Start-Torrent $content.Torrent -Destination $blocked -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue

            $result | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'DestinationNotWritable,*'
            $problem.CategoryInfo.Category | Should -Be WriteError
            Get-ChildItem $statePath -Directory -ErrorAction Ignore | Should -BeNullOrEmpty
        }

        It 'without free space gives InsufficientDiskSpace and leaves nothing behind' -Skip:(-not $canMount) {
            $small = Join-Path $here 'small'
            $null = New-Item -ItemType Directory -Path $small
            mount -t tmpfs -o size=1m tmpfs $small
            try {
                $result = Start-Torrent $content.Torrent -Destination $small -Patron $patron -Peer $peer -ErrorVariable problem -ErrorAction SilentlyContinue
                $result | Should -BeNullOrEmpty
                $problem.FullyQualifiedErrorId | Should -BeLike 'InsufficientDiskSpace,*'
                Get-ChildItem $small | Should -BeNullOrEmpty
                Get-ChildItem $statePath -Directory -ErrorAction Ignore | Should -BeNullOrEmpty
            } finally {
                umount $small
            }
        }

        It 'with files of another torrent is refused with PathInUse while that runs or is saved' {
            $other = New-TestContent -Folder (Join-Path $here 'other') -Size 1MB
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $hash = (Get-FileHash (Join-Path $files 'data.bin')).Hash

            $result = Start-Torrent $other.Torrent -Destination $files -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
            $result | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'PathInUse,*'
            $problem.CategoryInfo.Category | Should -Be ResourceBusy
            $problem.Exception.Message | Should -BeLike "*$(Join-Path $files 'data.bin')*data.bin*"

            Stop-Torrent 'data.bin' -Patron $patron
            $another = New-TestPatron -Name 'another' -StatePath $statePath
            Start-Torrent $other.Torrent -Destination $files -Patron $another -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'PathInUse,*'
            (Get-FileHash (Join-Path $files 'data.bin')).Hash | Should -Be $hash

            # The files stay, and belong to no torrent then.
            Remove-Torrent 'data.bin' -Patron $another
            Start-Torrent $other.Torrent -Destination $files -Patron $another -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'ForeignFile,*'
            $problem.CategoryInfo.Category | Should -Be ResourceExists
            (Get-FileHash (Join-Path $files 'data.bin')).Hash | Should -Be $hash
            Stop-TorrentPatron $another.Name
        }

        It 'outside the file system ends the command' {
            { Start-Torrent $content.Torrent -Destination 'Env:x' -Patron $patron } |
                Should -Throw -ErrorId 'DestinationNotWritable,TorrentPatron.PowerShell.Commands.StartTorrentCommand'
        }
    }

    Context 'A torrent that only seeds' {
        BeforeEach {
            $null = New-Item -ItemType Directory -Path (Join-Path $files 'share')
            Copy-Item -LiteralPath $content.File -Destination (Join-Path $files 'share')
            Set-Content -LiteralPath (Join-Path $files 'share/b.txt') -Value 'b'
            $script:made = New-TorrentFile -LiteralPath (Join-Path $files 'share') -Destination (Join-Path $here 'share.torrent')
        }

        It 'is returned when all its data has been verified' {
            $status = $made | Start-Torrent -Destination $files -Patron $patron -SeedOnly -ErrorAction Stop

            $status.State | Should -Be 'Seeding'
            $status.SeedOnly | Should -BeTrue
        }

        It 'gives DataIncomplete if a file is <Case>, and creates and writes nothing' -ForEach @(
            @{ Case = 'missing'; Change = { Remove-Item -LiteralPath (Join-Path $files 'share/b.txt') } }
            @{ Case = 'wrong'; Change = { Set-Content -LiteralPath (Join-Path $files 'share/b.txt') -Value 'c' } }
        ) {
            . $Change
            $before = (Get-ChildItem $files -Recurse -File | Get-FileHash).Hash

            $made | Start-Torrent -Destination $files -Patron $patron -Peer $peer -SeedOnly -ErrorVariable problem -ErrorAction SilentlyContinue |
                Should -BeNullOrEmpty

            $problem.FullyQualifiedErrorId | Should -BeLike 'DataIncomplete,*'
            $problem.Exception.Message | Should -BeLike "*$(Join-Path $files 'share')*b.txt*"
            (Get-ChildItem $files -Recurse -File | Get-FileHash).Hash | Should -Be $before
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
        }

        It 'stays so when it is restored, and downloads when it is started again without it' {
            Skip-WithService 'its torrents run on when a patron is stopped, and nothing is to be restored'
            $null = $made | Start-Torrent -Destination $files -Patron $patron -SeedOnly
            Stop-TorrentPatron $patron.Name
            Remove-Item -LiteralPath (Join-Path $files 'share/b.txt')
            $script:patron = New-TestPatron -Name 'leecher' -StatePath $statePath

            Restore-Torrent -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'DataIncomplete,*'
            ($made | Start-Torrent -Destination $files -Patron $patron).State | Should -BeIn 'Checking', 'Downloading'
        }

        # Windows is such a system.
        It 'may have links and names that other systems refuse' -Skip:$IsWindows {
            $null = New-Item -ItemType Directory -Path (Join-Path $files 'Album: One')
            Move-Item (Join-Path $files 'share/*') (Join-Path $files 'Album: One')
            Move-Item (Join-Path $files 'Album: One/b.txt') (Join-Path $here 'b.txt')
            $null = New-Item -ItemType SymbolicLink -Path (Join-Path $files 'Album: One/What? Why: b.txt') -Value (Join-Path $here 'b.txt')
            Remove-Item (Join-Path $files 'share')

            $status = New-TorrentFile -LiteralPath (Join-Path $files 'Album: One') -Destination (Join-Path $here 'album.torrent') |
                Start-Torrent -Destination $files -Patron $patron -Timeout 120 -ErrorAction Stop

            $status.State | Should -Be 'Seeding'
            $status.Path | Should -Be (Join-Path $files 'Album: One')
            (Get-ChildItem $files).Name | Should -Be 'Album: One'
        }
    }

    Context 'The pipeline' {
        It 'with -WhatIf starts nothing' {
            Start-Torrent $content.Torrent -Destination $files -Patron $patron -WhatIf | Should -BeNullOrEmpty

            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            Test-Path $files | Should -BeFalse
        }

        It 'that needs no more after the first never starts the second' {
            $second = New-TestContent -Folder (Join-Path $here 'more') -Name 'second.bin' -Size 100KB
            $first = Start-Torrent $content.Torrent, $second.Torrent -Destination $files -Patron $patron -Suspended | Select-Object -First 1

            $first.Name | Should -Be 'data.bin'
            @(Get-TorrentStatus -Patron $patron).Name | Should -Be 'data.bin'
        }

        It 'stops at the first error with -ErrorAction Stop' {
            { Start-Torrent (Join-Path $here 'no.torrent'), $content.Torrent -Destination $files -Patron $patron -ErrorAction Stop } | Should -Throw
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
        }
    }

    Context 'Parameters' {
        It 'refuses the peer <_>' -ForEach 'host', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', '::1:6881', '[127.0.0.1]:6881' {
            { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $_ } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'refuses the tracker <_>, and starts nothing' -ForEach 'foo', 'wss://tracker.example/', 'udp://tracker.example/announce' {
            Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tracker 'http://127.0.0.1:1/a', $_ -ErrorVariable problem `
                -ErrorAction SilentlyContinue | Should -BeNullOrEmpty

            $problem.FullyQualifiedErrorId | Should -Be 'InvalidArgument,TorrentPatron.PowerShell.Commands.StartTorrentCommand'
            $problem.Exception.Message | Should -BeLike "'$_' is not a tracker's address: *"
            $problem.TargetObject | Should -Be $content.Torrent
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
        }

        It 'adds new trackers of a torrent that is given again, and lists them with -Verbose' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended -Tracker 'http://127.0.0.1:1/a'
            $said = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended -Tracker 'http://127.0.0.1:1/a', 'http://127.0.0.1:2/b' -Verbose 4>&1

            @($said | Where-Object { $_ -is [Management.Automation.VerboseRecord] }).Message | Should -Contain 'data.bin: added the trackers at 127.0.0.1:2.'
            (Get-TorrentTracker -Patron $patron).Uri.OriginalString | Should -Be 'http://127.0.0.1:1/a', 'http://127.0.0.1:2/b'
        }

        It 'keeps only its own trackers for a private torrent, and warns' {
            $private = New-TorrentFile $content.File -Destination (Join-Path $content.Folder 'private.torrent') -Private -Tracker 'http://127.0.0.1:1/a'
            $null = $private | Start-Torrent -Destination $files -Patron $patron -Suspended
            $null = $private | Start-Torrent -Destination $files -Patron $patron -Suspended -Tracker 'http://127.0.0.1:2/b' -WarningVariable warning -WarningAction SilentlyContinue

            "$warning" | Should -BeLike "*is private, so only its own trackers are used; not added: 127.0.0.1:2.*"
            (Get-TorrentTracker -Patron $patron).Uri.OriginalString | Should -Be 'http://127.0.0.1:1/a'
        }

        It 'refuses -Suspended with -Wait' {
            { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended -Wait } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'reports a stopped patron' {
            $gone = New-TestPatron -Name 'gone' -StatePath $statePath
            $gone | Stop-TorrentPatron
            Start-Torrent $content.Torrent -Destination $files -Patron $gone -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'PatronStopped,*'
        }

        It 'uses the session''s own patron and the state folder of TORRENTPATRON_STATE by default' {
            $status = Start-Torrent $content.Torrent -Destination $files -Suspended
            Join-Path $TestDrive "state/$($status.InfoHash)" | Should -Exist
            (Get-TorrentPatron default).OwnStatuses.InfoHash | Should -Be $status.InfoHash
            Stop-TorrentPatron default
        }
    }
}
