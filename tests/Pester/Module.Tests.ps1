BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'The module' {
    It 'exports the cmdlets of its manifest and nothing else' {
        $manifest = Import-PowerShellDataFile (Get-TestModulePath)
        (Get-Command -Module TorrentPatron).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'has a valid manifest' {
        (Test-ModuleManifest (Get-TestModulePath)).Name | Should -Be 'TorrentPatron'
    }

    It 'has help for <_>' -ForEach (Get-Command -Module TorrentPatron -CommandType Cmdlet).Name {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "$_ *``[*"
        $help.Description.Text | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        $help.examples.example.code | ForEach-Object {
            $faults = $null
            $null = [Management.Automation.Language.Parser]::ParseInput($_, [ref] $null, [ref] $faults)
            $faults | Should -BeNullOrEmpty
        }
    }

    It 'has the topic about_TorrentPatron' {
        Get-Help about_TorrentPatron | Out-String | Should -BeLike '*SAVED STATE*'
    }

    It 'shows statuses, contents and patrons within 80 columns' {
        $patron = New-TestPatron -Name 'a patron with quite a long name, as it happens' -StatePath (Join-Path $TestDrive 'state')
        $content = New-TestContent -Folder $TestDrive -Name "$('long name ' * 12).bin" -Size 10KB
        $status = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'files') -Patron $patron
        try {
            foreach ($shown in $status, (Get-TorrentInfo -LiteralPath $content.Torrent), $patron) {
                foreach ($text in ($shown | Format-Table | Out-String -Width 80), ($shown | Format-List | Out-String -Width 80)) {
                    $lines = $text -split '\r?\n'
                    ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
                    $text | Should -BeLike '*long name*'
                }
            }
            ($status | Out-String -Width 80) | Should -Match 'State\s+%\s+Down\s+Up\s+ETA\s+Peers\s+Ratio\s+Name'
        } finally {
            $patron | Stop-TorrentPatron
        }
    }
}

Describe 'The scripts' {
    It 'have no finding of PSScriptAnalyzer' -Skip:(-not (Get-Module PSScriptAnalyzer -ListAvailable)) {
        $root = Join-Path $PSScriptRoot '../..' | Resolve-Path
        $files = @(Get-ChildItem $root -File | Where-Object Extension -in '.ps1', '.psm1') +
        @(Get-ChildItem $PSScriptRoot -File | Where-Object Extension -in '.ps1', '.psm1') +
        (Get-Item (Get-TestModulePath), (Join-Path $root 'PSScriptAnalyzerSettings.psd1'))
        $findings = $files | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Settings (Join-Path $root 'PSScriptAnalyzerSettings.psd1') }
        $findings | ForEach-Object { '{0} {1}:{2} {3}' -f $_.RuleName, $_.ScriptName, $_.Line, $_.Message } | Should -BeNullOrEmpty
    }
}
