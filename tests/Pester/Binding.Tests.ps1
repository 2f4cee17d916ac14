# Unusual input of the cmdlets: names with brackets, objects by position, deserialized objects, records of a table.
BeforeDiscovery {
    $script:changing = 'Stop-Torrent', 'Suspend-Torrent', 'Resume-Torrent', 'Remove-Torrent', 'Set-Torrent', 'Set-TorrentFile', 'Test-Torrent',
        'Add-TorrentPeer', 'Add-TorrentTracker', 'Remove-TorrentTracker', 'Update-TorrentTracker' | ForEach-Object { @{ Command = $_ } }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:patron = New-TestPatron -Name 'it [self]' -StatePath (Join-Path $TestDrive 'state')
    $script:content = '[Group] Show - 01.bin', 'G.bin', 'plain.bin' | ForEach-Object {
        New-TestContent -Folder (Join-Path $TestDrive 'content') -Name $_ -Size 20KB
    }
    $script:files = Join-Path $TestDrive 'files'
    $script:odd, $script:short, $script:plain = foreach ($one in $content) {
        Start-Torrent -LiteralPath $one.Torrent -Destination $files -Patron $patron -Suspended -Tracker 'http://127.0.0.1:1/announce'
    }

    function Get-Copy {
        # An object after serialization by a job, a remote session or a file.
        param($Object)

        [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Object))
    }

    function Get-ProblemId {
        param([scriptblock] $Script)

        $ErrorActionPreference = 'Continue'
        $problem = $null
        $null = . $Script 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { $problem = $_ }
        "$($problem.FullyQualifiedErrorId)" -replace ',.*'
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'A name with brackets' {
    It 'is found as it is written, escaped, and by a pattern' {
        (Get-TorrentStatus $odd.Name).Name | Should -Be $odd.Name
        (Get-TorrentStatus -Name $odd.Name.ToUpperInvariant()).Name | Should -Be $odd.Name
        (Get-TorrentStatus ([WildcardPattern]::Escape($odd.Name))).Name | Should -Be $odd.Name
        (Get-TorrentStatus '[[]Group*').Name | Should -Be $odd.Name
        (Get-TorrentStatus '[Group].bin').Name | Should -Be 'G.bin'
        (Get-TorrentPatron 'it [self]').Name, (Get-TorrentPatron 'it `[*').Name | Should -Be 'it [self]', 'it [self]'
    }

    It 'that no torrent has is an error, even if it is not a valid pattern, and a pattern without a match is not' {
        Get-ProblemId { Get-TorrentStatus '[abc' } | Should -Be 'TorrentNotFound'
        Get-ProblemId { Get-TorrentStatus 'missing`[1`]' } | Should -Be 'TorrentNotFound'
        Get-ProblemId { Get-TorrentPatron '[abc' } | Should -Be 'PatronNotFound'
        Get-ProblemId { Get-TorrentStatus '[abc]*' } | Should -BeNullOrEmpty
    }

    It 'is completed in a form that is found, and an invalid pattern completes nothing' {
        $line = 'Get-TorrentStatus [Gr'
        $found = (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches
        $found.ListItemText | Should -Be $odd.Name
        (& ([scriptblock]::Create("Get-TorrentStatus $($found.CompletionText)"))).Name | Should -Be $odd.Name
        foreach ($line in 'Get-TorrentStatus [abc', "Get-TorrentFile '[abc' -Include ", 'Get-TorrentPatron [abc', 'Get-TorrentTracker [abc [x') {
            { TabExpansion2 $line -cursorColumn $line.Length } | Should -Not -Throw
        }
    }

    It 'works as a tag, a tracker and a path too' {
        $odd | Set-Torrent -Tag '[x] y'
        (Get-TorrentStatus -Tag '[x] y').Name | Should -Be $odd.Name
        Get-TorrentStatus -Tag '[z' | Should -BeNullOrEmpty
        (Get-TorrentInfo $content[0].Torrent).Name | Should -Be $odd.Name
        $odd | Add-TorrentTracker -Uri 'http://[::1]:1/announce'
        ($odd | Get-TorrentTracker -Uri 'http://[::1]:1/announce').Uri | Should -Be 'http://[::1]:1/announce'
        $odd | Remove-TorrentTracker -Uri 'http://[::1]:1/announce'
        ($odd | Get-TorrentTracker).Uri | Should -Be 'http://127.0.0.1:1/announce'
    }
}

Describe 'Files of a torrent' {
    BeforeAll {
        $album = Join-Path $TestDrive 'content/album'
        New-TestFile ('[a] one.mkv', 'a one.mkv', 'two.mkv', 'sub/two.mkv' | ForEach-Object { Join-Path $album $_ }) -Size 20KB
        $script:albumTorrent = (New-TorrentFile $album -Destination "$album.torrent").FullName
        $script:running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Suspended
    }

    It 'are chosen by their literal names before these are read as patterns' {
        ($running | Get-TorrentFile -Include '[a] one.mkv').Name | Should -Be 'album/[a] one.mkv'
        ($running | Get-TorrentFile -Include '[abc] one.mkv').Name | Should -Be 'album/a one.mkv'
        ($running | Get-TorrentFile -Include '`[a`] *').Name | Should -Be 'album/[a] one.mkv'
        ($running | Get-TorrentFile -Include album/two.mkv).Name | Should -Be 'album/two.mkv'
        ($running | Get-TorrentFile -Exclude '[a] one.mkv').Count | Should -Be 3
    }

    It 'that do not exist are an error, and a pattern without a match is not' {
        Get-ProblemId { $running | Get-TorrentFile -Include nosuch.mkv } | Should -Be 'FileNotFound'
        Get-ProblemId { Set-TorrentFile album nosuch.mkv -Priority Skip } | Should -Be 'FileNotFound'
        Get-ProblemId { $running | Set-TorrentFile -Index 99 } | Should -Be 'FileNotFound'
        Get-ProblemId { $running | Get-TorrentFile -Include *.iso -Exclude nosuch.mkv } | Should -BeNullOrEmpty
        Get-ProblemId { $running | Set-TorrentFile -Include *.iso -Only } | Should -Be 'NothingSelected'
        Get-ProblemId { $odd, $running | Get-TorrentFile -Include 'a one.mkv' } | Should -BeNullOrEmpty -Because 'one of them has it'
    }

    It 'that were changed are written with -PassThru' {
        ($running | Set-TorrentFile -Include two.mkv -Priority High -PassThru).Name | Should -Be 'album/sub/two.mkv', 'album/two.mkv'
        ($running | Set-TorrentFile -Include *one* -Only -PassThru).Priority | Sort-Object | Should -Be Skip, Skip, Normal, Normal
    }

    It 'take the priority from each record' {
        [pscustomobject]@{ InfoHash = $running.InfoHash; Index = '0'; Priority = 'Low' },
        [pscustomobject]@{ InfoHash = $running.InfoHash; Index = '1'; Priority = 'High' },
        [pscustomobject]@{ InfoHash = $running.InfoHash; Index = '2'; Priority = '' } | Set-TorrentFile
        ($running | Get-TorrentFile -Include *one*, album/two.mkv | Sort-Object Index).Priority | Should -Contain Low
        (Get-TorrentFile album | Where-Object Index -in 0, 1, 2).Priority | Should -Be Low, High, Normal
        # A file's own priority is its current state, not a new setting.
        Get-TorrentFile album | Where-Object Index -eq 0 | Set-TorrentFile
        (Get-TorrentFile album | Where-Object Index -eq 0).Priority | Should -Be Normal
    }

    It 'are named by -Include of Start-Torrent too, where brackets in a name are literal' {
        $second = New-TestPatron -Name 'second' -StatePath (Join-Path $TestDrive 'second-state')
        try {
            $null = Start-Torrent $albumTorrent -Destination "$files-second" -Patron $second -Suspended -Include '[a] one.mkv' -Exclude '[abc'
            (Get-TorrentFile album -Patron $second | Where-Object Priority -ne Skip).Name | Should -Be 'album/[a] one.mkv'
        } finally {
            $second | Stop-TorrentPatron
        }
    }
}

Describe 'Objects' {
    It 'are bound by position: one, several, and deserialized ones' {
        (Get-TorrentStatus $odd).Name | Should -Be $odd.Name
        (Get-TorrentStatus $odd, $plain).Name | Should -Be $odd.Name, $plain.Name
        (Get-TorrentStatus (Get-TorrentStatus)).Count | Should -Be (Get-TorrentStatus).Count
        (Get-TorrentStatus (Get-Copy $odd)).Name | Should -Be $odd.Name
        (Get-TorrentStatus (Get-Copy $odd), $plain).Name | Should -Be $odd.Name, $plain.Name
        (Get-TorrentStatus (Get-TorrentInfo $content[0].Torrent)).Name | Should -Be $odd.Name
        (Get-TorrentStatus (Get-TorrentFile $odd)).Name | Should -Be $odd.Name
        (Suspend-Torrent $odd -PassThru).Name | Should -Be $odd.Name
        (Set-Torrent (Get-Copy $odd) -MinimumFreeSpace 1MB -PassThru).Name | Should -Be $odd.Name
        (Add-TorrentPeer $odd 127.0.0.1:1 -PassThru).Name | Should -Be $odd.Name
        (Get-TorrentInfo $odd).Name | Should -Be $odd.Name
        ConvertTo-MagnetLink $odd | Should -Match $odd.InfoHash
        (Start-Torrent $odd -Suspended).Name | Should -Be $odd.Name
    }

    It 'are bound from the pipeline and by property name after deserialization' {
        Export-Clixml -InputObject $odd -LiteralPath (Join-Path $TestDrive 'odd.xml')
        (Import-Clixml -LiteralPath (Join-Path $TestDrive 'odd.xml') | Get-TorrentStatus).Name | Should -Be $odd.Name
        (Get-Copy (Get-TorrentFile $odd) | Get-TorrentStatus).Name | Should -Be $odd.Name
        ([pscustomobject]@{ InfoHash = $odd.InfoHash } | Get-TorrentStatus).Name | Should -Be $odd.Name
    }

    It 'cannot be mixed with names, and an object that is not a torrent is a name' {
        { Get-TorrentStatus $odd, 'plain.bin' -ErrorAction Stop } | Should -Throw -ExpectedMessage '*names alone, or objects alone*'
        Get-ProblemId { Get-TorrentStatus (Get-Item $TestDrive) } | Should -Be 'TorrentNotFound'
        Get-ProblemId { Get-TorrentStatus 2026 } | Should -Be 'TorrentNotFound'
        Get-ProblemId { Get-TorrentStatus ([pscustomobject]@{ InfoHash = 'xyz' }) } | Should -Be 'InvalidArgument'
    }

    It 'that are patrons are bound by position, also after deserialization' {
        $one, $two = New-TorrentPatron one -StatePath (Join-Path $TestDrive 'one'); $two = New-TorrentPatron two -StatePath (Join-Path $TestDrive 'two')
        (Get-TorrentPatron $one, $two).Name | Should -Be one, two
        (Set-TorrentPatron (Get-Copy $two) -MaxPeers 9 -PassThru).Name | Should -Be two
        $null = Receive-TorrentMessage (Get-Copy $one)
        Get-TorrentStatus -Patron (Get-Copy $one) | Should -BeNullOrEmpty
        Stop-TorrentPatron $one
        $one.IsStopped | Should -BeTrue
        Get-ProblemId { Stop-TorrentPatron (Get-Copy $one) } | Should -Be 'PatronNotFound'
        Get-Copy $two | Stop-TorrentPatron
        $two.IsStopped | Should -BeTrue
    }

    It 'that are missing are asked for by name, and nothing is changed: <Command>' -ForEach $changing {
        # Nobody can be asked.
        $pwsh = [Management.Automation.PowerShell]::Create()
        $null = $pwsh.AddScript("Import-Module '$(Get-TestModulePath)'; $Command")
        $null = $pwsh.Invoke()
        $problem = $pwsh.Streams.Error[0]
        $pwsh.Dispose()
        $problem.FullyQualifiedErrorId | Should -BeLike 'MissingMandatoryParameter,*'
        "$problem" | Should -Match 'mandatory parameters: .*Name'
        "$problem" | Should -Not -Match 'InputObject'
    }
}

Describe 'What a start leaves unchanged' {
    BeforeAll {
        $script:own = New-TestPatron -Name 'own' -StatePath (Join-Path $TestDrive 'own-state')
        $script:mine = Join-Path $TestDrive 'mine'
        $script:torrent = $content[2].Torrent
        $null = Start-Torrent $torrent -Destination $mine -Patron $own
    }

    AfterAll {
        $own | Stop-TorrentPatron
    }

    It 'is a warning that names the remedy: <Case>' -ForEach @(
        @{ Case = 'another destination'; More = { @{ Destination = "$mine-2" } }; Said = '*is already running, with its files in*Set-Torrent -Destination*' }
        @{ Case = 'suspended'; More = { @{ Suspended = $true } }; Said = '*was not suspended*Suspend-Torrent*' }
        @{ Case = 'a file that does not exist'; More = { @{ Include = '*', 'nosuch.mkv' } }; Said = "*There is no file 'nosuch.mkv'*" }
    ) {
        $more = & $More
        $again = Start-Torrent $torrent -Patron $own @more -WarningVariable warnings -WarningAction SilentlyContinue
        $again.Destination | Should -Be $mine
        $warnings | Should -BeLike $Said
    }

    It 'gives no warning if the same is asked for, or without a destination' {
        Start-Torrent $torrent -Destination "$mine/" -Patron $own -WarningVariable warnings | Should -HaveCount 1
        $warnings | Should -BeNullOrEmpty
        Push-Location -LiteralPath $TestDrive
        Start-Torrent $torrent -Patron $own -WarningVariable warnings | Should -HaveCount 1
        Pop-Location
        $warnings | Should -BeNullOrEmpty
    }

    It 'is a warning for a torrent saved elsewhere, and for a destination that is its own folder' {
        Get-TorrentStatus -Patron $own | Stop-Torrent
        $null = Start-Torrent $torrent -Destination "$mine-3" -Patron $own -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeLike "*was saved with its files in '$mine'*"
        $folder = Join-Path $TestDrive 'pile'
        $null = New-TestContent -Folder $folder -Name 'one.bin' -Size 20KB
        $pile = New-TorrentFile $folder -Destination "$folder.torrent"
        $null = Start-Torrent $pile -Destination $folder -Patron $own -Suspended -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeLike '*Use the parent of the torrent''s folder*'
    }
}

Describe 'The wrong kind of text' {
    It 'is an error that names the right parameter or cmdlet' {
        $hash = $odd.InfoHash
        { Get-TorrentInfo $hash -ErrorAction Stop } | Should -Throw -ErrorId 'SourceNotReadable,*'
        $Error[0].ErrorDetails.RecommendedAction | Should -BeLike '*-InfoHash*'
        { Get-TorrentFile $content[2].Torrent -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentNotFound,*'
        $Error[0].ErrorDetails.RecommendedAction | Should -BeLike '*Get-TorrentInfo*'
        { Stop-Torrent $hash -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentNotFound,*'
        $Error[0].ErrorDetails.RecommendedAction | Should -BeLike '*-InfoHash*'
        { Get-TorrentInfo "magnet:?xt=urn:btih:$hash" -ErrorAction Stop } | Should -Throw -ErrorId 'UnsupportedSource,*'
        $Error[0].ErrorDetails.RecommendedAction | Should -BeLike '*Save-TorrentMetadata*'
    }
}

Describe 'TORRENTPATRON_STATE' {
    It 'may be relative to the location of the session' {
        $folder = Join-Path $TestDrive 'where'
        $null = New-Item -ItemType Directory "$folder/process", "$folder/session"
        $run = Invoke-TestScript -Folder "$folder/process" -Script @"
`$env:TORRENTPATRON_STATE = 'states'
Import-Module '$(Get-TestModulePath)'
Set-Location '$folder/session'
`$null = Start-Torrent -LiteralPath '$($content[2].Torrent)' -Destination '$folder/files' -Suspended
(New-TorrentPatron other -BindAddress 127.0.0.1).StatePath
"@
        $run.Error | Should -BeNullOrEmpty
        $run.Output | Should -Be (Join-Path $folder session states)
        "$folder/session/states/$($plain.InfoHash)" | Should -Exist
        "$folder/process/states" | Should -Not -Exist
    }
}

Describe 'Records of a table' {
    BeforeEach {
        $script:folder = Join-Path $TestDrive ([guid]::NewGuid())
        $script:starter = New-TestPatron -Name 'starter' -StatePath "$folder-state"
        $script:links = $content | ForEach-Object { ConvertTo-MagnetLink -LiteralPath $_.Torrent }
    }

    AfterEach {
        $starter | Stop-TorrentPatron
    }

    It 'give Start-Torrent the destination, limits and tags, each for itself' {
        [pscustomobject]@{ Uri = $links[0]; Destination = "$folder/a"; Tag = 'nightly'; MaxDownloadRate = 100KB; SeedRatio = 1.5; Sequential = $true },
        [pscustomobject]@{ Uri = $links[1]; Destination = ''; Tag = ''; MaxDownloadRate = ''; SeedRatio = ''; Sequential = '' },
        [pscustomobject]@{ Uri = $links[2]; Destination = "$folder/c"; Tag = 'other'; MaxDownloadRate = ''; SeedRatio = ''; Sequential = 'False' } |
            Export-Csv "$folder.csv"
        $null = New-Item -ItemType Directory $folder
        Push-Location -LiteralPath $folder
        try {
            $started = Import-Csv "$folder.csv" | Start-Torrent -Patron $starter -Suspended -Tracker http://127.0.0.1:1/announce
        } finally {
            Pop-Location
        }
        $started.Destination | Should -Be (Join-Path $folder a), $folder, (Join-Path $folder c)
        $started.ForEach{ "$($_.Tags)" } | Should -Be 'nightly', '', 'other'
        $started.MaxDownloadRate | Should -Be 100KB, 0, 0
        $started.SeedRatio | Should -Be 1.5, $null, $null
        $started.Sequential | Should -Be $true, $false, $false
        $started.ForEach{ "$($_.Trackers.Uri)" } | Should -Be (, 'http://127.0.0.1:1/announce' * 3)
    }

    It 'have lower priority than the command line' {
        $started = [pscustomobject]@{ Uri = $links[0]; Destination = "$folder/a"; Tag = 'a' } |
            Start-Torrent -Patron $starter -Suspended -Destination "$folder/b"
        $started.Destination, $started.Tags | Should -Be (Join-Path $folder b), 'a'
    }

    It 'with invalid values are reported, and the others are started' {
        $records = [pscustomobject]@{ Uri = $links[0]; MaxDownloadRate = 'fast' }, [pscustomobject]@{ Uri = $links[1]; Peer = 'nowhere' },
            [pscustomobject]@{ Uri = $links[2]; Suspended = 'maybe' }, [pscustomobject]@{ Uri = $links[2]; Suspended = 'True'; Peer = '127.0.0.1:1' }
        $started = $records | Start-Torrent -Patron $starter -Destination $folder -ErrorVariable problems -ErrorAction SilentlyContinue
        $started.State | Should -Be Suspended
        $problems.FullyQualifiedErrorId -replace ',.*' | Should -Be 'ParameterArgumentTransformationError', 'InvalidArgument', 'ParameterArgumentTransformationError'
    }

    It 'that are statuses describe a torrent and do not set its options' {
        $started = Start-Torrent -LiteralPath $content[2].Torrent -Destination $folder -Patron $starter -Suspended -MaxDownloadRate 1MB
        $started | Set-Torrent -MaxDownloadRate 2MB -Destination "$folder-moved"
        $started | Set-Torrent -Tag new
        $again = $started | Start-Torrent -Patron $starter -Suspended
        Get-Copy $started | Set-Torrent -MaxUploadRate 3MB
        $now = Get-TorrentStatus -Patron $starter
        $again.Destination, $now.Destination | Should -Be "$folder-moved", "$folder-moved"
        $now.MaxDownloadRate, $now.MaxUploadRate, "$($now.Tags)" | Should -Be 2MB, 3MB, 'new'
    }

    It 'give Set-Torrent, Add-TorrentPeer and Add-TorrentTracker their changes' {
        $started = Start-Torrent -LiteralPath $content[0].Torrent, $content[2].Torrent -Destination $folder -Patron $starter -Suspended
        [pscustomobject]@{ InfoHash = $started[0].InfoHash; MaxUploadRate = '1024'; Tag = 'a'; SeedTime = '12h'; Sequential = 'true' },
        [pscustomobject]@{ InfoHash = $started[1].InfoHash; MaxUploadRate = ''; Tag = ''; Destination = "$folder-2" } |
            Set-Torrent -Patron $starter
        $set = $started | Get-TorrentStatus
        $set.MaxUploadRate | Should -Be 1024, 0
        $set.SeedTime | Should -Be ([timespan]'12:00'), $null
        $set.Sequential | Should -Be $true, $false
        "$($set[0].Tags)", "$($set[1].Tags)" | Should -Be 'a', ''
        $set.Destination | Should -Be $folder, "$folder-2"

        [pscustomobject]@{ InfoHash = $started[0].InfoHash; Tracker = 'http://127.0.0.1:1/announce' },
        [pscustomobject]@{ InfoHash = $started[1].InfoHash; Tracker = 'nonsense' } | Add-TorrentTracker -Patron $starter -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        ($started | Get-TorrentTracker).Uri | Should -Be 'http://127.0.0.1:1/announce'

        [pscustomobject]@{ InfoHash = $started[0].InfoHash; Peer = '127.0.0.1:1' }, [pscustomobject]@{ InfoHash = $started[1].InfoHash; Peer = 'x' } |
            Add-TorrentPeer -Patron $starter -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        ($started | Get-TorrentStatus).KnownPeers | Should -Be 1, 0
    }

    It 'are not silently ignored on the command line' {
        Get-ProblemId { try { Start-Torrent $content[0].Torrent -Patron $starter -Destination '' } catch { $_ } } | Should -Be 'InvalidArgument'
        Get-ProblemId { try { Set-Torrent plain.bin -MaxDownloadRate '' } catch { $_ } } | Should -Be 'InvalidArgument'
    }
}
