# The views of the module's objects: live, deserialized, in strict mode, in constrained language and in narrow consoles.
BeforeDiscovery {
    $script:kinds = 'status', 'seed', 'tracker', 'file', 'peer', 'closed', 'info', 'infoFile', 'check', 'removal', 'created', 'failed', 'warned', 'patron', 'quiet', 'hook', 'hookRun'
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:rendering = $PSStyle.OutputRendering
    $PSStyle.OutputRendering = 'PlainText'
    $content = New-TestContent -Size 200KB
    $other = New-TestContent -Name 'other.bin' -Size 100KB
    $peer = Start-TestSeed $content
    $files = Join-Path $TestDrive 'files'
    $patron = New-TestPatron -Name 'shown' -StatePath (Join-Path $TestDrive 'state')
    $null = Receive-TorrentMessage $patron
    $start = @{ Destination = $files; Patron = $patron; Tag = 'one', 'two'; Tracker = 'http://127.0.0.1:1/announce'; SeedRatio = 2; SeedTime = '2h' }
    $seed = Start-Torrent $content.Torrent -Peer $peer -Timeout 120 @start -MaxUploadRate 5KB
    # Two complete peers disconnect, so the peer is from a slow download.
    $slow = New-TestContent -Name 'slow.bin'
    $slowPeer = Start-TestSeed -Content $slow -StatePath (Join-Path $TestDrive 'slow-state')
    $null = Start-Torrent $slow.Torrent -Destination $files -Patron $patron -Peer $slowPeer -MaxDownloadRate 20KB
    $null = Wait-TestCondition { @(Get-TorrentPeer slow.bin -Patron $patron).Count -gt 0 }
    $connected = @(Get-TorrentPeer slow.bin -Patron $patron)[0]
    Suspend-Torrent slow.bin -Patron $patron
    $closed = @(Get-TorrentPeer slow.bin -Patron $patron -Recent)[0]
    Get-TorrentStatus slow.bin -Patron $patron | Remove-Torrent -Patron $patron -DeleteData -Confirm:$false
    Start-Torrent $content.File -Destination $files -Patron $patron -ErrorAction SilentlyContinue
    $null = Register-TorrentHook Removed, Failed -Name 'a hook' -Torrent 'other*' -Tag one, none -Patron $patron -ScriptBlock { 'some output'; exit 3 }
    $null = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended -Tag one | Remove-Torrent -Patron $patron -Confirm:$false
    $messages = @(Receive-TorrentMessage $patron -Wait -Timeout 10)
    $warning = [TorrentPatron.Engine.Client.TorrentError]::new('TrackerFailed', 'The tracker failed.', 'Wait.')

    $null = Wait-TestCondition { (Get-TorrentHook -Patron $patron).Runs -eq 1 }
    $hook = Get-TorrentHook -Patron $patron

    $script:shown = @{
        seed     = Get-TorrentStatus data.bin -Patron $patron
        status   = Start-Torrent $other.Torrent -Suspended @start
        tracker  = @(Get-TorrentTracker data.bin -Patron $patron)[0]
        file     = @(Get-TorrentFile data.bin -Patron $patron)[0]
        peer     = $connected
        closed   = $closed
        info     = Get-TorrentInfo $content.Torrent
        infoFile = (Get-TorrentInfo $content.Torrent).Files[0]
        check    = Get-TorrentStatus data.bin -Patron $patron | Test-Torrent -PassThru
        removal  = Start-Torrent (New-TestContent -Name 'third.bin' -Size 100KB).Torrent -Destination $files -Patron $patron -Suspended |
            Remove-Torrent -Patron $patron -Confirm:$false -PassThru
        created  = @($messages | Where-Object Kind -eq 'NewTorrentCreated')[0]
        failed   = @($messages | Where-Object Kind -eq 'TorrentStartFail')[0]
        warned   = [TorrentPatron.Engine.Client.TorrentWarning]::new($messages[0].TorrentId, $warning)
        patron   = $patron
        hookRun  = $hook.LastRun
        hook     = $hook
        quiet    = New-TestPatron -Name 'quiet' -StatePath (Join-Path $TestDrive 'quiet')
    }

    $names = @($shown.Keys)
    $copies = @($names | ForEach-Object { $shown[$_] } | Start-Job { $input } | Receive-Job -Wait -AutoRemoveJob)
    $script:fromJob = @{}
    for ($n = 0; $n -lt $names.Count; $n++) {
        $fromJob[$names[$n]] = $copies[$n]
    }

    function Get-View($Object, [int] $Width = 120) {
        # The time until the next announce differs a second later.
        ($Object | Format-Table | Out-String -Width $Width) -replace ' +(\d+m )?\d+s(?= http)'
        # Properties that Receive-Job adds are visible in types without a list view.
        ($Object | Format-List | Out-String -Width $Width) -replace '(?m)^(RunspaceId|PSSourceJobInstanceId) .*\r?\n' -replace ' +:', ' :'
    }

    function Get-PropertyText($Object) {
        foreach ($property in $Object.PSObject.Properties) {
            "$($property.Name): $($property.Value)"
        }
    }
}

AfterAll {
    $PSStyle.OutputRendering = $script:rendering
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'The view of <_>' -ForEach $kinds {
    BeforeAll {
        $script:live = $shown[$_]
        $script:expected = Get-View $live
        $script:kind = $_
    }

    It 'is not empty' {
        $live | Should -Not -BeNullOrEmpty
        $expected | Should -Match '\w'
    }

    It 'is the same for a copy from Export-Clixml' {
        $live | Export-Clixml (Join-Path $TestDrive "$kind.xml")
        Get-View (Import-Clixml (Join-Path $TestDrive "$kind.xml")) | Should -Be $expected
    }

    It 'is the same for a copy from Start-Job' {
        Get-View $fromJob[$kind] | Should -Be $expected
    }

    It 'is the same in strict mode, without errors' {
        $global:Error.Clear()
        Set-StrictMode -Version Latest
        try {
            Get-View $live | Should -Be $expected
            $null = Get-PropertyText $live
        } finally {
            Set-StrictMode -Off
        }
        $global:Error | Should -BeNullOrEmpty
    }

    It 'is the same in constrained language, live or not, without errors' {
        $live | Export-Clixml (Join-Path $TestDrive "$kind.xml")
        $constrained = [powershell]::Create()
        try {
            $null = $constrained.AddScript({
                    param($module, $live, $file)
                    Import-Module $module
                    $PSStyle.OutputRendering = 'PlainText'
                    $copy = Import-Clixml $file
                    $Error.Clear()
                    Set-StrictMode -Version Latest
                    $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
                    foreach ($one in $live, $copy) {
                        ($one | Format-Table | Out-String -Width 120) -replace ' +(\d+m )?\d+s(?= http)'
                        ($one | Format-List | Out-String -Width 120) -replace ' +:', ' :'
                    }
                    "$Error"
                }).AddArgument((Get-TestModulePath)).AddArgument($live).AddArgument((Join-Path $TestDrive "$kind.xml"))
            $text = @($constrained.Invoke() | ForEach-Object { "$_" })
            $text[0..1] | Should -Be $expected
            $text[2..3] | Should -Be $expected
            $text[4] | Should -BeNullOrEmpty
            $constrained.Streams.Error | Should -BeNullOrEmpty
        } finally {
            $constrained.Dispose()
        }
    }

    It 'shows its name in 60, 80 and 120 columns' {
        foreach ($width in 60, 80, 120) {
            $table = $live | Format-Table | Out-String -Width $width
            $name = switch ($kind) {
                'created' { 'data' }
                'failed' { 'This is' }
                'warned' { 'The trac' }
                'tracker' { 'http://127' }
                'peer' { '127.0.0.1:' }
                'hookRun' { 'other.bin' }
                default { "$($live.PSObject.Properties['TorrentName']?.Value ?? $live.PSObject.Properties['Name']?.Value ?? $live.Path)" }
            }
            $table | Should -BeLike "*$name*"
            ($table -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $width
        }
    }
}

Describe 'Properties' {
    It 'are local times, and stay times when serialized' {
        foreach ($object in $shown.seed, $fromJob.seed) {
            $object.AddedAt | Should -BeOfType datetime
            $object.CompletedAt | Should -BeGreaterOrEqual $object.AddedAt
            $object.Timestamp.Kind | Should -Be Local
            [Math]::Abs(((Get-Date) - $object.Timestamp).TotalMinutes) | Should -BeLessThan 10
        }
        $shown.tracker.NextAnnounce | Should -BeOfType datetime
    }

    It 'are names of enums when serialized' {
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($shown.seed))
        $copy.State | Should -BeExactly 'Seeding'
        $copy.Completion | Should -BeExactly 'Downloaded'
        $copy.Trackers[0].Status | Should -BeOfType string
        $fromJob.file.Priority | Should -BeExactly 'Normal'
    }

    It 'of messages exist in strict mode, in a job and in CSV' {
        Set-StrictMode -Version Latest
        try {
            foreach ($message in $shown.created, $fromJob.created, ($shown.created | ConvertTo-Csv | ConvertFrom-Csv)) {
                $message.Kind | Should -Be 'NewTorrentCreated'
                $message.InfoHash | Should -Be $shown.seed.InfoHash
                $message.Text | Should -BeLike 'data.bin: *'
            }
        } finally {
            Set-StrictMode -Off
        }
    }

    It 'of a message about an unknown torrent have no info hash' {
        $shown.failed.InfoHash | Should -BeNullOrEmpty
        $shown.failed.Text | Should -Not -BeNullOrEmpty
    }
}

Describe 'Numbers' {
    BeforeAll {
        function Get-Cell([string] $Type, [hashtable] $Properties, [int] $Line = 3) {
            $text = [pscustomobject]($Properties + @{ PSTypeName = $Type }) | Format-Table | Out-String -Stream -Width 120
            ($text | Where-Object { $_.Trim() })[-1].Trim()
        }
    }

    It 'have three digits and their unit: <Bytes>' -ForEach @(
        @{ Bytes = 0L; Expected = '0 B' }, @{ Bytes = 999L; Expected = '999 B' }, @{ Bytes = 1023L; Expected = '1.00 KiB' }
        @{ Bytes = 10KB; Expected = '10.0 KiB' }, @{ Bytes = 1536KB; Expected = '1.50 MiB' }, @{ Bytes = [long](123.4 * 1MB); Expected = '123 MiB' }
        @{ Bytes = 1023MB; Expected = '1.00 GiB' }, @{ Bytes = [long]::MaxValue; Expected = '8.00 EiB' }
    ) {
        $cells = Get-Cell 'Deserialized.TorrentPatron.PowerShell.Torrents.TorrentInfoFile' @{ Length = $Bytes; Path = 'x' }
        $cells -replace ' +', ' ' | Should -Be "$Expected x"
    }

    It 'of a torrent are rounded so that nothing unfinished shows as finished, in every culture' {
        $culture = [cultureinfo]::CurrentCulture
        [cultureinfo]::CurrentCulture = 'de-DE'
        try {
            $status = @{ State = 'Downloading'; IsStalled = $false; PercentComplete = 99.99; DownloadRate = 1536KB; UploadRate = 0L; ConnectedPeers = 3; Name = 'x' }
            foreach ($case in @(
                    @(0.2, '1s'), @(59, '59s'), @(60, '1m 00s'), @(3599, '59m 59s'), @(7500, '2h 05m'), @(86399, '23h 59m'), @(90000, '1d 01h'), @(86400000, '> 999d')
                )) {
                $status.EstimatedTimeLeft = [timespan]::FromSeconds($case[0])
                Get-Cell 'TorrentPatron.Engine.Client.TorrentStatus' $status | Should -Match "^Downloading\s+99\.9\s+1\.50 MiB\s+$($case[1])\s+3 x$"
            }
        } finally {
            [cultureinfo]::CurrentCulture = $culture
        }
    }

    It 'are shown with a word for the state: <State>' -ForEach @(
        @{ State = 'FetchingMetadata'; Stalled = $false; Expected = 'Metadata' }, @{ State = 'Downloading'; Stalled = $true; Expected = 'Stalled' }
        @{ State = 'Seeding'; Stalled = $true; Expected = 'Seeding' }, @{ State = 'Failed'; Stalled = $false; Expected = 'Failed' }
    ) {
        $status = @{ State = $State; IsStalled = $Stalled; PercentComplete = 1.0; DownloadRate = 0L; UploadRate = 0L; ConnectedPeers = 3; Name = 'x'; EstimatedTimeLeft = $null }
        Get-Cell 'TorrentPatron.Engine.Client.TorrentStatus' $status | Should -Match "^$Expected\s+1\.0\s+3 x$"
    }
}

Describe 'The file of the views' {
    It 'is up to date with its script' {
        $written = Join-Path $TestDrive 'written.ps1xml'
        & (Join-Path $PSScriptRoot '../../build/Views/Write-Views.ps1') -Path $written
        Get-Content $written -Raw | Should -BeExactly (Get-Content (Join-Path $PSScriptRoot '../../module/TorrentPatron.Format.ps1xml') -Raw)
    }
}
