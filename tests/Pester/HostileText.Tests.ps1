# Text from a torrent or its tracker is shown only as harmless text.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    $script:texts = @(
        "`e[2J`e]0;owned`a$([char]0x9B)31m"
        "gpj.$([char]0x202E)exe$([char]0x2066)$([char]0x200F)$([char]0x061C)"
        "a`r`nb`tc$([char]0x85)d$([char]0x2028)e`0f"
        '"; program ;"$(x)`x`'
        '../../etc\passwd'
    )
    $script:all = -join $texts

    function Get-Bencoded([string] $Text) {
        "$([Text.Encoding]::UTF8.GetByteCount($Text)):$Text"
    }

    function Get-HostileTorrent([string] $Tracker) {
        $files = -join ($texts | ForEach-Object { "d6:lengthi1e4:pathl$(Get-Bencoded $_)$(Get-Bencoded $_)ee" })
        $words = Get-Bencoded $all
        [Text.Encoding]::UTF8.GetBytes("d8:announce$(Get-Bencoded $Tracker)7:comment${words}10:created by${words}" +
            "4:infod5:filesl${files}e4:name${words}12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa6:source${words}ee")
    }

    function Get-Harm([string] $Text) {
        # Colours of the module and PowerShell are allowed; everything else that could control a terminal or disguise text is not.
        $plain = $Text -replace "`e\[[0-9;]*m"
        [regex]::Matches($plain, '[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069-[\r\n]]') |
            ForEach-Object { 'U+{0:X4} in {1}' -f [int][char]$_.Value, ($plain -replace '\p{Cc}', '?') }
    }

    function Invoke-Shown([string] $Script, [hashtable] $Parameters = @{}) {
        # Runs a script as a host does, and returns everything it would show: output, errors, warnings, verbose text and progress.
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("param(`$module, `$torrent, `$folder)
                `$ErrorView = 'NormalView'; `$VerbosePreference = 'Continue'; `$DebugPreference = 'Continue'
                `$PSStyle.OutputRendering = 'Ansi'
                Import-Module `$module -Verbose:`$false
                `$patron = New-TorrentPatron hostile -BindAddress 127.0.0.1 -StatePath (Join-Path `$folder state) -StatusInterval 0.2
                try { & { $Script } 2>&1 | Out-String -Stream -Width 300 } finally { `$patron | Stop-TorrentPatron }")
            $null = $shell.AddParameters(@{ module = Get-TestModulePath; folder = $TestDrive } + $Parameters)
            $shell.Invoke()
            $shell.Streams.Warning, $shell.Streams.Verbose, $shell.Streams.Debug, $shell.Streams.Error | ForEach-Object { "$_" }
            $shell.Streams.Progress | ForEach-Object { $_.Activity, $_.StatusDescription, $_.CurrentOperation }
        } finally {
            $shell.Dispose()
        }
    }
}

Describe 'Hostile text' {
    BeforeAll {
        $script:tracker = Start-TestTracker -Refusal $all
        $script:torrent = Join-Path $TestDrive 'hostile.torrent'
        [IO.File]::WriteAllBytes($torrent, (Get-HostileTorrent $tracker.Uri))
    }

    AfterAll {
        Stop-TestTracker $tracker
    }

    It 'is harmless in all views of <_>' -ForEach 'Get-TorrentInfo', 'Get-TorrentStatus', 'Get-TorrentFile', 'Get-TorrentTracker' {
        $shown = Invoke-Shown "
            `$null = Start-Torrent -LiteralPath `$torrent -Destination (Join-Path `$folder out) -Patron `$patron
            `$clock = [Diagnostics.Stopwatch]::StartNew()
            while (-not (Get-TorrentTracker -Patron `$patron).Message -and `$clock.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 50 }
            `$items = if ('$_' -eq 'Get-TorrentInfo') { Get-TorrentInfo -LiteralPath `$torrent } else { $_ -Patron `$patron }
            `$items
            `$items | Format-List
            `$items | Format-List *
            `$items | Format-Wide
            `$items | ForEach-Object { `"`$_`" }
            `$items | ConvertTo-Csv
        " @{ torrent = $torrent }
        $shown -join '' | Should -Match 'program'
        Get-Harm ($shown -join "`n") | Should -BeNullOrEmpty
    }

    It 'is harmless in progress, errors, warnings and verbose text' {
        $shown = Invoke-Shown '
            Start-Torrent -LiteralPath $torrent -Destination (Join-Path $folder out2) -Patron $patron -Timeout 2
            Set-Content (Join-Path $folder file) x
            Start-Torrent -LiteralPath $torrent -Destination (Join-Path $folder file/below) -Patron $patron -Timeout 2
            Get-TorrentStatus -Patron $patron | Remove-Torrent -DeleteData -WhatIf
            Get-TorrentStatus -Patron $patron | Stop-Torrent -Verbose
            Stop-Torrent -Patron $patron -Name ([char]27 + "[2Jnobody" + [char]0x202E)
            Get-TorrentInfo ($folder + "/no" + [char]27 + "]0;x" + [char]7)
        ' @{ torrent = $torrent }
        $shown -join '' | Should -Match 'program'
        Get-Harm ($shown -join "`n") | Should -BeNullOrEmpty
    }
}
